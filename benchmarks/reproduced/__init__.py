"""The page of the documentation that has reported beside reproduced results, and its figures."""
