"""The verdict: an app is used as users would, dynos are taken away meanwhile, and what that changed is judged."""
