import json, os, uuid
import redis
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field
app = FastAPI(title="Parcels")
db = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
class Parcel(BaseModel):
    recipient: str = Field(min_length=2, max_length=60)
    weight_g: int = Field(ge=1, le=31_500)
    fragile: bool = False
parcels: dict[str, dict] = {}
def get_all(): return parcels
def put(ref, p): parcels[ref] = p
def remove(ref): parcels.pop(ref)
@app.post("/v1/parcels", status_code=201)
def create(p: Parcel):
    ref = uuid.uuid4().hex
    put(ref, p.model_dump())
    return {"reference": ref}
@app.get("/v1/parcels")
def every():
    return {"items": [{"reference": k, **v} for k, v in get_all().items()]}
@app.get("/v1/parcels/{reference}")
def one(reference: str):
    if reference not in get_all():
        raise HTTPException(404)
    return get_all()[reference]
@app.put("/v1/parcels/{reference}")
def replace(reference: str, p: Parcel):
    if reference not in get_all():
        raise HTTPException(404)
    put(reference, p.model_dump())
    return p
@app.delete("/v1/parcels/{reference}", status_code=204)
def lose(reference: str):
    if reference not in get_all():
        raise HTTPException(404)
    remove(reference)
