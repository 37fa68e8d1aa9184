"""Write `.env` for docker-compose.yaml: `.env.example` with a random value in every empty place."""

from __future__ import annotations

import base64
import os
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(root: Path = ROOT) -> int:
    """Write the file, readable by its owner alone.

    Returns:
        The exit code: 0 written, 1 there already.
    """
    target = root / ".env"
    lines = (root / ".env.example").read_text(encoding="utf-8").splitlines()
    try:
        descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        message = f"secrets: {target} is there already, and running services know its values; nothing was changed"
        print(message, file=sys.stderr)
        return 1
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(filled(line) + "\n" for line in lines)
    print(f"secrets: wrote {target}")
    return 0


def filled(line: str) -> str:
    """Return a line of the example with a random value, if it is an assignment without one."""
    name, assigned, value = line.partition("=")
    if line.startswith("#") or not assigned or value:
        return line
    # Fernet wants 32 bytes in URL-safe base64; what stands in a URL wants letters and digits.
    key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode() if name == "FERNET_KEY" else secrets.token_hex(24)
    return f"{name}={key}"


if __name__ == "__main__":
    sys.exit(main())
