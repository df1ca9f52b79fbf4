"""Codes for the login that are good in every browser that asked for one: nobody's asking keeps the owner of a mailbox out.

Three codes a minute go out per account and address of the visitor, each good in its own browser. All staff may come from one
address, so whoever asks in the name of a colleague uses up the colleague's three as well. Beyond them one *open* code is mailed:
longer, and accepted wherever a code for the account was asked for, so it does not matter who asked. While one is alive no further
mail goes out beyond the limit, and every mail within it brings another open code: the newest mail is always a good one.

How far guessing gets: an address may ask 300 times a minute, and each asking gives three tries. Against the at most `KEPT` open
codes of an account, of 10^12 that are possible, 900 tries a minute hit with 900 * 100 / 10^12 = 9 / 10^8 a minute, 1 / 7700 in
a whole day of it. So no count of tries per account is needed, which somebody could use up to keep the owner out.
"""

import time

from allauth.core.internal.cryptokit import generate_user_code
from allauth.core.internal.ratelimit import cache_lock
from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import constant_time_compare, salted_hmac

#: Digits of an open code; a code for one browser has eight.
LENGTH = 12
#: More than three addresses can have mailed within the life of a code: three a minute each, ten minutes.
KEPT = 100


def new() -> str:
    """A code that is long enough, in groups of four."""
    return str(generate_user_code(length=LENGTH, numeric=True))


def is_any(email: str) -> bool:
    """Whether an open code for the account `email` is on its way or in the mailbox, not used yet and not too old."""
    return bool(_alive(email))


def remember(email: str, code: str) -> None:
    """Keep `code`, with dashes or without, as an open one of the account `email`; only its keyed hash is stored."""
    expires_at = time.time() + settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT
    with cache_lock(_key(email)):
        _store(email, [(_sealed(email, code), expires_at), *_alive(email)])


def use(email: str, code: str) -> bool:
    """Whether `code` is an open one of the account `email`; it is none any more afterwards.

    False also when the store is busy: better one more try than a code that is good twice.
    """
    sealed = _sealed(email, code)
    with cache_lock(_key(email)) as is_locked:
        alive = _alive(email)
        left = [one for one in alive if not constant_time_compare(one[0], sealed)]
        if not is_locked or len(left) == len(alive):
            return False
        _store(email, left)
    return True


def _alive(email: str) -> list[tuple[str, float]]:
    """The sealed open codes with the second they end at, the newest first."""
    return [(sealed, expires_at) for sealed, expires_at in cache.get(_key(email), []) if expires_at > time.time()]


def _store(email: str, codes: list[tuple[str, float]]) -> None:
    cache.set(_key(email), codes[:KEPT], settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)


def _key(email: str) -> str:
    return f"open_codes:{salted_hmac(__name__, email.lower()).hexdigest()}"


def _sealed(email: str, code: str) -> str:
    return salted_hmac(__name__, f"{email.lower()} {code.replace('-', '')}", algorithm="sha256").hexdigest()
