"""A small OpenID Connect provider on loopback: discovery, authorisation, token with RS256, keys, user info.

It signs in whoever `claims` describe without asking, keeps to PKCE, and can be told to misbehave (`faults`).
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT_ID, CLIENT_SECRET = "kepol", "geheim-fuer-tests"
KEY_SIZE = 2048


class Provider:
    """The provider; `claims` are what it says about the person, `faults` names of what it does wrong."""

    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_SIZE)
        self.foreign_key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_SIZE)
        self.claims, self.faults, self.codes, self.asked = {}, set(), {}, []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"provider": self}))
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def discovery(self, _query):
        if "no_token_endpoint" in self.faults:
            return {"issuer": self.address, "authorization_endpoint": f"{self.address}/authorize"}
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "userinfo_endpoint": f"{self.address}/userinfo",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def keys(self, _query):
        return {"keys": [{**json.loads(RSAAlgorithm.to_jwk(self.key.public_key())), "kid": "1", "alg": "RS256"}]}

    def authorise(self, location):
        """What a browser sent to `location` is sent back to: the return address with code and state."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        self.asked.append(query)
        code = secrets.token_urlsafe()
        self.codes[code] = query
        state = "erfunden" if "wrong_state" in self.faults else query["state"]
        if "cancelled" in self.faults:
            return f"{query['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': state})}"
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': state})}"

    def token(self, query):
        asked = self.codes.pop(query["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(query.get("code_verifier", "").encode()).digest())
        if asked is None or challenge.rstrip(b"=").decode() != asked.get("code_challenge"):
            return {"error": "invalid_grant"}
        if query["client_secret"] != CLIENT_SECRET:
            return {"error": "invalid_client"}
        answer = {"access_token": secrets.token_urlsafe(), "token_type": "Bearer", "expires_in": 60}
        return answer if "no_id_token" in self.faults else {**answer, "id_token": self.id_token(asked)}

    def id_token(self, asked):
        now = int(time.time())
        claims = {"iss": self.address, "sub": "42", "aud": CLIENT_ID, "iat": now, "exp": now + 60}
        claims["nonce"] = "erfunden" if "wrong_nonce" in self.faults else asked["nonce"]
        if "wrong_audience" in self.faults:
            claims["aud"] = "eine-andere-anwendung"
        if "wrong_issuer" in self.faults:
            claims["iss"] = "https://anderswo.example"
        if "expired" in self.faults:
            claims["exp"] = now - 3600
        if "no_nonce" in self.faults:
            del claims["nonce"]
        if "unsigned" in self.faults:
            return jwt.encode(claims, None, algorithm="none", headers={"kid": "1"})
        if "no_key_id" in self.faults:
            return jwt.encode(claims, self.key, algorithm="RS256")
        key = self.foreign_key if "wrong_signature" in self.faults else self.key
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": "1"})

    def userinfo(self, _query):
        return {"sub": "43" if "other_person" in self.faults else "42", **self.claims}


class Handler(BaseHTTPRequestHandler):
    """Answers the application, and a browser on its way through."""

    provider = None

    def do_GET(self):
        if urlsplit(self.path).path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.provider.authorise(self.path))
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._answer("")

    def do_POST(self):
        self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def log_message(self, *_):
        """Say nothing."""

    def _answer(self, body):
        pages = {
            "/.well-known/openid-configuration": self.provider.discovery,
            "/keys": self.provider.keys,
            "/token": self.provider.token,
            "/userinfo": self.provider.userinfo,
        }
        path = urlsplit(self.path).path
        if f"down:{path}" in self.provider.faults:
            self.send_error(503)
            return
        query = {name: values[0] for name, values in parse_qs(body).items()}
        text = "<html>" if f"no_json:{path}" in self.provider.faults else json.dumps(pages[path](query))
        content = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
