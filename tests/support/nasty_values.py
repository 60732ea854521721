"""Functions whose results, or exceptions, do what no value should; they travel by value."""

# ruff: noqa: PLC0415 - a function brings its imports along


def reduce_raises() -> object:
    class Hostile:
        def __reduce_ex__(self, _: object) -> str | tuple[object, ...]:
            raise RuntimeError("not me")

    return Hostile()


def reduce_exits() -> object:
    class Hostile:
        def __reduce_ex__(self, _: object) -> str | tuple[object, ...]:
            import os

            os._exit(5)

    return Hostile()


def reduce_leaves() -> object:
    class Hostile:
        def __reduce_ex__(self, _: object) -> str | tuple[object, ...]:
            import sys

            sys.exit(5)

    return Hostile()


def reduce_hangs() -> object:
    class Hostile:
        def __reduce_ex__(self, _: object) -> str | tuple[object, ...]:
            while True:
                pass

    return Hostile()


def reduce_recurses() -> object:
    class Hostile:
        def __reduce_ex__(self, _: object) -> str | tuple[object, ...]:
            return list, ([Hostile()],)

    return Hostile()


def reduce_never_ends() -> object:
    class Hostile:
        def __reduce_ex__(self, _: object) -> str | tuple[object, ...]:
            return list, (), None, (bytes(1024**2) for _ in iter(int, 1))

    return Hostile()


def no_pickle() -> object:
    return (number for number in range(3))


def too_large() -> bytes:
    return bytes(20 * 1024**2)


# ---------------------------------------------------------------- exceptions


def raise_with(method: str, deed: str) -> None:
    """Raise an exception, a method of which does something terrible."""

    def hostile(*_: object) -> object:
        import os
        import sys

        if deed == "raise":
            raise RuntimeError("hands off")
        if deed == "exit":
            os._exit(6)
        if deed == "leave":
            sys.exit(6)
        if deed == "lie":
            return 42
        while deed == "hang":
            pass
        return hostile()  # "recurse"

    raise type("Hostile", (ValueError,), {method: hostile})("text")


def raise_a_nameless_class() -> None:
    class Meta(type):
        def __getattribute__(cls, name: str) -> object:
            raise Nameless("nothing about me")

    class Nameless(Exception, metaclass=Meta):
        pass

    raise Nameless("text")


def raise_what_kills_when_opened() -> None:
    class Bomb(Exception):
        def __reduce__(self) -> str | tuple[object, ...]:
            import os

            return os._exit, (4,)

    raise Bomb("text")


def raise_without_end() -> None:
    raise ExceptionGroup("many", [ValueError("x" * 100) for _ in range(50_000)])


def raise_a_long_chain() -> None:
    error: BaseException | None = None
    for number in range(20_000):
        following = ValueError(number)
        following.__cause__ = error
        error = following
    assert error is not None
    raise error
