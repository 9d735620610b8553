"""Run the functions of custom resources in moto, as CloudFormation would.

moto runs functions in Docker. This module runs each in a process of its own, with the deployed
code, on this machine's Python or Node, with this environment's boto3 if the code brings none.

moto also lacks three things that CloudFormation does, so this module adds them. CloudFormation
passes properties as strings, it calls a function again when its properties change, and a stack
fails if its custom resource does.
"""

import io
import json
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from moto import settings
from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.cloudformation.custom_model import CustomModel
from moto.cloudformation.responses import CloudFormationResponse

from tests.infra.custom_resource_handlers import run_handler

_asked: dict[str, dict[str, Any]] = {}


def install() -> None:
    """Change moto in this process."""
    # moto's types do not allow these assignments.
    host: Any = settings
    function: Any = LambdaFunction
    custom: Any = CustomModel
    response: Any = CloudFormationResponse
    host.moto_server_host = lambda: "http://localhost"
    function._invoke_lambda = _invoke  # noqa: SLF001 - moto has no other seam for it
    custom.update_from_cloudformation_json = _update
    response.process_cfn_response = _answered


def _invoke(function: LambdaFunction, event: dict[str, Any]) -> tuple[str, bool, str]:
    if "ResourceProperties" in event:
        event["ResourceProperties"] = _strings(event["ResourceProperties"])
        _asked[event["LogicalResourceId"]] = event
    with tempfile.TemporaryDirectory() as folder:
        _unpack(function, Path(folder))
        ended = run_handler(Path(folder), str(function.handler), event, function.environment_vars)
    print(f"function: {function.function_name}\n{ended.stdout}{ended.stderr}", flush=True)
    failed = ended.returncode != 0
    return "null" if failed else ended.stdout.splitlines()[-1], failed, ended.stderr


def _strings(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _strings(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_strings(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unpack(function: LambdaFunction, folder: Path) -> None:
    """Unpack the code and its layers, and change `/opt` in the code to this folder."""
    zipfile.ZipFile(io.BytesIO(function.code_bytes)).extractall(folder)
    opt = folder / "opt"
    for module in folder.glob("*.py"):
        code = module.read_text()
        if '"/opt/' in code:
            module.write_text(code.replace('"/opt/', f'"{opt}/'))
            backend = lambda_backends[function.account_id][function.region]
            for layer in backend.list_layers():
                for version in backend.list_layer_versions(layer["LayerName"]):
                    zipfile.ZipFile(io.BytesIO(version.code_bytes)).extractall(opt)
    for program in opt.glob("awscli/aws"):
        program.write_text(program.read_text().replace("/var/lang/bin/python", sys.executable))
        program.chmod(0o755)


def _update(
    original_resource: CustomModel,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
    **_: Any,
) -> CustomModel:
    properties = cloudformation_json["Properties"]
    before = _asked[original_resource.logical_id]
    event = before | {
        "RequestType": "Update",
        "PhysicalResourceId": original_resource.physical_resource_id,
        "ResourceProperties": properties,
        "OldResourceProperties": before["ResourceProperties"],
    }
    function = lambda_backends[account_id][region_name].get_function(properties["ServiceToken"])
    function.invoke(json.dumps(event), {}, {})
    return original_resource


_process = CloudFormationResponse.process_cfn_response


def _answered(response: CloudFormationResponse) -> Any:
    answer = json.loads(response.body)
    if answer["Status"] == "FAILED":
        print(f"{answer['LogicalResourceId']} failed: {answer['Reason']}", flush=True)
        response.cloudformation_backend.get_stack(answer["StackId"]).status = "CREATE_FAILED"
    return _process(response)
