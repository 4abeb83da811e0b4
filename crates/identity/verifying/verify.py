"""Checks the gateway's assertion (`Yimen-Assertion`) with PyJWT."""

import threading
import time

import jwt

LEEWAY = 10  # seconds
# Methods that change nothing (RFC 9110, 9.2.1): with these, the gateway may send one assertion for a few seconds.
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
REQUIRED = ["iss", "aud", "iat", "exp", "jti", "htm", "htp"]


class Assertions:
    """What one service accepts from its gateway. Keep one for the life of the process."""

    def __init__(self, gateway: str, audience: str):
        self.gateway, self.audience = gateway, audience
        # Fetches the keys once, and again for one that it doesn't know.
        self.keys = jwt.PyJWKClient(f"{gateway}/.well-known/jwks.json", lifespan=300)
        self.seen = {}
        self.lock = threading.Lock()

    def verify(self, assertion: str, method: str, path: str) -> dict:
        """The claims, if the assertion vouches for this call; `path` is as it came, without the query.

        Raises jwt.PyJWTError otherwise.
        """
        if jwt.get_unverified_header(assertion).get("typ") != "yimen-assertion+jwt":
            raise jwt.InvalidTokenError("not an assertion")
        claims = jwt.decode(
            assertion,
            self.keys.get_signing_key_from_jwt(assertion),
            algorithms=["ES256", "EdDSA"],
            issuer=self.gateway,
            audience=self.audience,
            leeway=LEEWAY,
            options={"require": REQUIRED},
        )
        if (claims["htm"], claims["htp"]) != (method, path):
            raise jwt.InvalidTokenError("made for another call")
        if method not in SAFE:
            self._remember(claims)
        return claims

    def _remember(self, claims: dict):
        now = time.time()
        with self.lock:
            self.seen = {jti: end for jti, end in self.seen.items() if end > now}
            if claims["jti"] in self.seen:
                raise jwt.InvalidTokenError("seen before")
            self.seen[claims["jti"]] = claims["exp"] + LEEWAY
