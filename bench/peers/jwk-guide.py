# The server of "Understanding JWK: A Comprehensive Guide to JSON Web Keys", with the benchmark's keys in place of its
# example. Its app.run() is Flask's server for development, so gunicorn runs it, as Flask's documentation says.
from json import load
from os import environ

from flask import Flask, jsonify

app = Flask(__name__)
with open(environ['JWKS_FILE']) as file:
    jwk = load(file)


@app.route('/.well-known/jwks.json')
def get_jwks():
    return jsonify(jwk)
