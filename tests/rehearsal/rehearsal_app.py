"""The CDK app as the rehearsal deploys it, from the copy of the checkout.

moto does not know the SSM parameter of the bootstrap when it updates a stack, so these templates
do not ask for it. Everything else is the app itself.
"""

from aws_cdk import DefaultStackSynthesizer

from infra.app import main

if __name__ == "__main__":
    main(DefaultStackSynthesizer(generate_bootstrap_version_rule=False))
