"""The dyno manager: which dynos there should be, and what happens to each of them."""
