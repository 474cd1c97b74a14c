"""A recording aiohttp server, the HTTP stack of ComfyUI: every request it executes is told on GET /__seen."""

import sys

from aiohttp import web

seen = []


async def record(request):
    if request.path == "/__seen":
        answer = list(seen)
        seen.clear()
        return web.json_response(answer)
    body = await request.read()
    # The gate's own introduction of whoever asks; no client can write that path.
    if request.method == "PUT" and request.path.startswith("/gatehouse/companion/users/"):
        return web.Response(status=204)
    seen.append({"method": request.method, "target": request.raw_path, "body": body.decode("latin-1")})
    return web.json_response({"executed": f"{request.method} {request.raw_path}"})


async def tell_port(app):
    print("ready", flush=True)


app = web.Application(client_max_size=200 * 1024 * 1024)
app.router.add_route("*", "/{path:.*}", record)
app.on_startup.append(tell_port)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
