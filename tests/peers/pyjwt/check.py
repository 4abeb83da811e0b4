"""Runs the recipe beside it on the cases of its input (JSON); answers what it made of each."""

import json
import sys

import jwt
from verify import Assertions

asked = json.load(sys.stdin)
assertions = Assertions(asked["gateway"], asked["audience"])
answers = []
for case in asked["cases"]:
    try:
        answers.append({"sub": assertions.verify(case["assertion"], case["method"], case["path"])["sub"]})
    except jwt.PyJWTError as error:
        answers.append({"refused": f"{type(error).__name__}: {error}"})
json.dump(answers, sys.stdout)
