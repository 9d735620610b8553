"""How a proxy ends a client's connection without a whole answer."""


class Broken(Exception):
    """The connection to the client ends now, after the bytes given.

    Attributes:
        sent: The bytes that the client still gets.
        reset: Whether the connection is reset, instead of closed.
    """

    def __init__(self, sent: bytes = b"", *, reset: bool = True) -> None:
        super().__init__()
        self.sent = sent
        self.reset = reset


class Silent(Exception):
    """The client gets no answer, and the connection stays open."""


class Dripping(Exception):
    """The client gets the answer byte by byte.

    Attributes:
        sent: The whole answer.
    """

    def __init__(self, sent: bytes) -> None:
        super().__init__()
        self.sent = sent
