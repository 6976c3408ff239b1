import asyncio
import contextlib
from typing import Annotated

from fastapi import Body, FastAPI
from fastapi.responses import RedirectResponse

from .builder import build, store

waiting: asyncio.Queue[str] = asyncio.Queue()


async def work() -> None:
    while True:
        await build(await waiting.get())


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI):
    task = asyncio.create_task(work())
    yield
    task.cancel()


app = FastAPI(title="Kites", lifespan=lifespan)


@app.get("/", include_in_schema=False)
def root() -> RedirectResponse:
    return RedirectResponse("/kites")


@app.get("/kites")
async def built() -> list[str]:
    return await store.lrange("built", 0, -1)


@app.post("/kites", status_code=202)
async def accept(name: Annotated[str, Body(embed=True, max_length=60)]) -> dict[str, str]:
    await waiting.put(name)
    return {"accepted": name}
