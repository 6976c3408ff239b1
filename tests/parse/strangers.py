"""Text no one meant as a file of ours, and text that nearly is one."""

from hypothesis import strategies as st

#: Any text, lone surrogates too: a JSON or YAML escape can make them.
anything = st.text(st.characters(exclude_categories=()), max_size=300)


def near(*pieces: str) -> st.SearchStrategy[str]:
    """Texts made of a grammar's own pieces, with a stray character here and there."""
    piece = st.sampled_from(pieces) | st.text(max_size=2)
    return st.lists(piece, max_size=40).map("".join)
