"""Damage to the bytes of a file, as disks, networks and strangers do it."""


def mutated(content, generator):
    """Return bytes of which some are changed, lacking, twice there, or new."""
    damaged = bytearray(content)
    for _ in range(generator.choice([1, 1, 2, 8])):
        # Headers, at the start or the end, hold what parsers believe.
        place = generator.choice([generator.randrange(64), generator.randrange(len(content))])
        place = min(place, len(damaged))
        length = generator.choice([1, 1, 4, 50])
        random_bytes = generator.choice([generator.randbytes(length), b"\0" * length, b"\xff" * 4])
        piece = damaged[place : place + 200]
        damaged[place : place + generator.choice([0, length, length])] = generator.choice(
            [random_bytes, random_bytes, b"", bytes(piece)]
        )
    return bytes(damaged[: generator.randrange(len(damaged) + 1)] if not place % 5 else damaged)
