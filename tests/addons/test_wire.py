"""The two protocols, as far as they can be told without a server."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.addons.pgwire import Scram, SqlError
from minipaas.addons.resp import RedisConnection, RedisError, Reply, _encoded

#: RFC 7677, section 3.
NONCE = "rOprNGfwEbeRWgbNEkqO"
SERVER_FIRST = f"r={NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
SERVER_FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_scram_says_what_the_rfc_says() -> None:
    scram = Scram("pencil", NONCE)
    assert scram.first("user") == f"n,,n=user,r={NONCE}"
    assert scram.final(SERVER_FIRST) == f"c=biws,r={NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p={PROOF}"
    scram.check(SERVER_FINAL)


def test_scram_does_not_believe_a_server_that_does_not_know_the_password() -> None:
    scram = Scram("pencil", NONCE)
    scram.first("user")
    scram.final(SERVER_FIRST)
    with pytest.raises(SqlError, match="does not know the password"):
        scram.check("v=AAAA")
    with pytest.raises(SqlError, match="another login"):
        Scram("pencil", "other").final(SERVER_FIRST)


class Deaf:
    """A writer to nobody."""

    def write(self, _data: bytes) -> None:
        return


async def replies(data: bytes, count: int) -> list[Reply]:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return await RedisConnection(reader, Deaf()).run_all([("PING",)] * count)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "reply"),
    [
        (b"+OK\r\n", b"OK"),
        (b":-7\r\n", -7),
        (b"$-1\r\n", None),
        (b"$0\r\n\r\n", b""),
        (b"$4\r\na\r\nb\r\n", b"a\r\nb"),
        (b"*-1\r\n", None),
        (b"*2\r\n$1\r\n0\r\n*1\r\n:3\r\n", [b"0", [3]]),
    ],
)
async def test_every_kind_of_reply(data: bytes, reply: Reply) -> None:
    assert await replies(data * 2, 2) == [reply, reply]


async def test_one_refusal_among_several_is_raised_and_a_broken_connection_is_told() -> None:
    with pytest.raises(RedisError, match="ERR no"):
        await replies(b"+OK\r\n-ERR no\r\n+OK\r\n", 3)
    for broken in (b"", b"+O", b"$9\r\nabc", b"*2\r\n:1\r\n"):
        with pytest.raises(ConnectionResetError):
            await replies(broken, 1)


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=30) | st.integers() | st.text(max_size=10).filter(str.isprintable), min_size=1))
def test_commands_are_framed_by_length(words: list[bytes | int | str]) -> None:
    data = _encoded(tuple(words))
    reader = asyncio.StreamReader(loop=asyncio.new_event_loop())
    reader.feed_data(data)
    reader.feed_eof()
    loop = reader._loop
    try:
        got = loop.run_until_complete(RedisConnection(reader, Deaf())._reply())  # type: ignore[arg-type]
    finally:
        loop.close()
    assert got == [word if isinstance(word, bytes) else str(word).encode() for word in words]
