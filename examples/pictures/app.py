"""A picture wall: what visitors upload is in a bucket, nothing is on the dyno."""

import os
import sys
import time
import uuid
from collections.abc import Iterator
from urllib.parse import quote, unquote

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from flask import Flask, Response, redirect, render_template, request, url_for

KINDS = {"image/png", "image/jpeg", "image/gif", "image/webp"}
LONGEST_CAPTION = 120
SHOWN = 30
#: Names are drawn so that the newest comes first in a bucket's list, which is sorted.
END_OF_TIME = 10**13

BUCKET = os.environ.get("BUCKET_NAME") or sys.exit("BUCKET_NAME is not set: `minipaas addons:create bucket` sets it")
# Where it is and who we are, boto3 reads from the environment. A visitor does not wait long for a bucket that is away.
s3 = boto3.client("s3", config=Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 2}))

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 5 * 2**20
app.jinja_env.globals["dyno"] = os.environ.get("DYNO", "this computer")


@app.get("/")
def wall() -> str:
    """The form and the newest pictures."""
    return render_template("wall.html", pictures=list(newest()), problem=None)


def newest() -> Iterator[dict[str, str]]:
    """Name and caption of each."""
    for each in s3.list_objects_v2(Bucket=BUCKET, Prefix="wall/", MaxKeys=SHOWN).get("Contents", []):
        about = s3.head_object(Bucket=BUCKET, Key=each["Key"])["Metadata"]
        yield {"name": each["Key"].removeprefix("wall/"), "caption": unquote(about.get("caption", ""))}


@app.post("/pictures")
def hang():
    """One more picture, then back to the wall."""
    picture, caption = request.files.get("picture"), request.form.get("caption", "").strip()
    if picture is None or picture.mimetype not in KINDS or not caption:
        return problem("Please choose a picture (PNG, JPEG, GIF or WebP) and give it a caption.", 422)
    s3.put_object(
        Bucket=BUCKET,
        Key=f"wall/{END_OF_TIME - time.time_ns() // 10**6}-{uuid.uuid4().hex[:8]}",
        Body=picture.read(),
        ContentType=picture.mimetype,
        Metadata={"caption": quote(caption[:LONGEST_CAPTION])},
    )
    return redirect(url_for("wall"), 303)


@app.get("/pictures/<name>")
def picture(name: str) -> Response:
    """One picture."""
    found = s3.get_object(Bucket=BUCKET, Key=f"wall/{name}")
    return Response(found["Body"].iter_chunks(), content_type=found["ContentType"])


@app.errorhandler(404)
@app.errorhandler(s3.exceptions.NoSuchKey)
def not_found(_error):
    """For an address that is not ours, or a picture nobody hung up."""
    return problem("There is no such page.", 404)


@app.errorhandler(413)
def too_large(_error):
    """For more than MAX_CONTENT_LENGTH."""
    return problem("The picture is too large: 5 MB at most.", 413)


@app.errorhandler(BotoCoreError)
@app.errorhandler(ClientError)
def bucket_is_away(error):
    """For a bucket that does not answer, or says no."""
    app.logger.warning("the bucket: %s", error)
    return problem("The pictures cannot be reached at the moment.", 503)


def problem(text: str, status: int):
    """A page that says what is wrong."""
    return render_template("wall.html", pictures=[], problem=text), status
