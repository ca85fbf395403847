"""A platform of one call, over HTTP on this machine: it knows one secret, and answers signed questions alone."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256

import aiohttp
from aiohttp import web

from inventory_service.domain.shops.credential import Credential
from inventory_service.domain.shops.shop import Shop
from inventory_service.usecases.shops.ports import CredentialSource, Probed, ProbeOutcome

BODY = b'{"probe": true}'


@dataclass
class Platform:
    """`silent`: it never answers. `seen`: what signed."""

    secret: str
    url: str = ""
    silent: bool = False
    seen: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        if self.silent:
            await asyncio.Event().wait()
        signature = request.headers["signature"]
        self.seen.append(signature)
        if not hmac.compare_digest(signature, signed(self.secret, await request.read())):
            return web.json_response({"code": "25", "message": "Invalid signature"}, status=401)
        return web.json_response({"orders": []})


def signed(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, sha256).hexdigest()


@asynccontextmanager
async def platform(secret: str) -> AsyncIterator[Platform]:
    made = Platform(secret)
    application = web.Application()
    application.router.add_post("/probe", made.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()


async def probe(shop: Shop, credentials: CredentialSource) -> Probed:
    """As an adapter makes its call: with every live version until one opens."""
    refused = Probed(ProbeOutcome.CREDENTIAL_REFUSED, "app_key")
    async with aiohttp.ClientSession() as session:
        for credential in await credentials.live():
            refused = await _asked(session, shop, credential)
            if refused.outcome is ProbeOutcome.OK:
                break
    return refused


async def _asked(session: aiohttp.ClientSession, shop: Shop, credential: Credential) -> Probed:
    headers = {"signature": signed(credential.app_secret, BODY)}
    async with session.post(f"{shop.base_url}/probe", data=BODY, headers=headers) as answer:
        told = await answer.json()
        if answer.status == 200:
            return Probed(ProbeOutcome.OK)
        return Probed(ProbeOutcome.CREDENTIAL_REFUSED, "app_secret", told["code"], told["message"])
