#!/usr/bin/env python3
"""Calls APIs with an access token that is obtained with a client assertion of jwksd. Standard library only.

Usage: python3 call_api.py https://api.example.com/Patient/1 ...     (environment: see README.md)
"""
import json
import os
import ssl
import sys
import threading
import time
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

TIMEOUT = 10  # seconds, for each request
ATTEMPTS = 4
LONGEST_WAIT = 30  # seconds: where Retry-After asks for more, give up
MARGIN = 30  # seconds: how long before its end an access token is replaced

jwksd_tls = ssl.create_default_context(cafile=os.environ["JWKSD_CA"])
public_tls = ssl.create_default_context()


def send(url, tls, headers, body=None):
    request = Request(url, data=body, headers={k: v for k, v in headers.items() if k != "Authorization"})
    if "Authorization" in headers:  # never sent on to where a redirect points
        request.add_unredirected_header("Authorization", headers["Authorization"])
    with urlopen(request, timeout=TIMEOUT, context=tls) as answer:
        return answer.read()


def with_retry(action):
    """Repeats what was answered by 429 or 503, after the time that the server asks for. Other errors are final."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return action()
        except HTTPError as error:
            asked = error.headers.get("Retry-After", "")
            wait = int(asked) if asked.isdigit() else attempt
            if error.code not in (429, 503) or attempt == ATTEMPTS or wait > LONGEST_WAIT:
                raise
            time.sleep(wait)


def sign():
    """The client assertion for the profile."""
    # Read for each request: a mounted secret changes in place.
    api_key = Path(os.environ["JWKSD_API_KEY_FILE"]).read_text().strip()
    headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json", "Accept": "application/jwt"}
    body = json.dumps({"profile": os.environ["JWKSD_PROFILE"]}).encode()
    return send(os.environ["JWKSD_SIGN_URL"], jwksd_tls, headers, body).decode()


def request_access_token():
    """RFC 7523 section 2.2. An assertion can be used once: each attempt signs a new one."""
    form = {
        "grant_type": "client_credentials",
        "scope": os.environ["SCOPE"],
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": sign(),
    }
    return json.loads(send(os.environ["TOKEN_ENDPOINT"], public_tls, {}, urlencode(form).encode()))


class AccessToken:
    """Kept until shortly before its end."""

    def __init__(self):
        self._lock = threading.Lock()
        self._value, self._renew_at = None, 0

    def get(self):
        with self._lock:
            if time.monotonic() >= self._renew_at:
                asked_at = time.monotonic()
                answer = with_retry(request_access_token)
                self._value, self._renew_at = answer["access_token"], asked_at + answer.get("expires_in", 0) - MARGIN
            return self._value


def main(urls):
    token = AccessToken()
    for url in urls:
        headers = {"Authorization": f"Bearer {token.get()}"}
        print(with_retry(lambda: send(url, public_tls, headers)).decode())


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except HTTPError as error:  # the body says why
        sys.exit(f"{error.url}: {error.code} {error.read().decode()}")
    except (URLError, TimeoutError) as error:
        sys.exit(f"error: {error}")
