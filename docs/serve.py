"""Shows the site that was built, to this machine alone: `python -m docs.serve`."""

import argparse
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from docs import SITE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    if not (SITE / "index.html").exists():
        parser.error("there is no site yet: python -m docs builds it")
    handler = partial(SimpleHTTPRequestHandler, directory=str(SITE))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except (OSError, OverflowError) as error:
        parser.error(f"port {port}: {str(error).rstrip('.')}. Choose another: --port 8001")
    with server, suppress(KeyboardInterrupt):
        print(f"http://127.0.0.1:{server.server_port}  (Ctrl-C ends it)", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
