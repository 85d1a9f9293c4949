"""The wall. Every query of a request is narrowed here to what the person asking may know of.

A record that is not everyone's inherits `Scoped` and says in `visible_to` which rows an actor may
know of. While a request is served, SQLAlchemy adds that condition to every SELECT of such a
record, lazy loads and joins included, before it reaches the database: a view cannot forget it. A
verb that must look beyond (to find whom to notify, the next serial number) says so with
`beyond_scope("why")`. Jobs and commands run outside a request, hence outside the wall.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Select, bindparam, event, false, select, true
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.orm.interfaces import CriteriaOption

from portal.access.actor import Actor, Role
from portal.core.db import Base, db

_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


class Scoped:
    """A record that only some may know of."""

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """The rows `actor` may know of, by what the actor is. A record that does not say is nobody's.

        The condition is built once for an actor and asked for ever after: what else it hangs on
        (the time, other rows) it reads in the database, as a subquery or a bound function.
        """
        raise NotImplementedError(cls.__name__)


def scoped_models() -> list[type[Any]]:
    """Every record behind the wall."""
    return [
        mapper.class_
        for mapper in Base.registry.mappers
        if issubclass(mapper.class_, Scoped) and mapper.class_ is not Scoped
    ]


def act_as(actor: Actor | None) -> None:
    """Put the wall around what follows in this request (None: a job, no wall)."""
    _actor.set(actor)


def acting() -> Actor | None:
    """Around whom the wall stands now."""
    return _actor.get()


@contextmanager
def beyond_scope(why: str) -> Iterator[None]:
    """Look over the wall for a named reason; what is found must not reach the reader."""
    if not why:
        raise ValueError("Say why the scope is left.")
    token = _actor.set(None)
    try:
        yield
    finally:
        _actor.reset(token)


class _Wall(CriteriaOption):
    """The conditions of all records for one actor, as one option of a statement.

    Each condition is a `with_loader_criteria` of SQLAlchemy's own. Put on a statement one by one
    they are walked through for every question, to find its compiled form; here that is done once.
    Walls of the same form share a token, and with it the compiled statements; what differs among
    them are bound values, which are handed over in the same order.
    """

    __slots__ = ("binds", "options", "token")
    inherit_cache = True
    _tokens: ClassVar[dict[Any, object]] = {}

    def __init__(self, options: tuple[Any, ...]) -> None:
        self.options = options
        keys = [option._generate_cache_key() for option in options]
        self.token = self._tokens.setdefault(tuple(key.key for key in keys), object())
        self.binds = [bind for key in keys for bind in key.bindparams]

    def _gen_cache_key(self, anon_map: Any, bindparams: list[Any]) -> tuple[Any, ...]:
        bindparams.extend(self.binds)
        return (_Wall, self.token)

    def process_compile_state(self, compile_state: Any) -> None:
        self.get_global_criteria(compile_state.global_attributes)

    def process_compile_state_replaced_entities(
        self, compile_state: Any, mapper_entities: Any
    ) -> None:
        self.process_compile_state(compile_state)

    def get_global_criteria(self, attributes: dict[Any, Any]) -> None:
        if attributes.get(_Wall) is self:  # a loader took it over from the statement it serves
            return
        attributes[_Wall] = self
        for option in self.options:
            option.get_global_criteria(attributes)


@lru_cache(maxsize=256)
def _wall(actor: Actor) -> _Wall | None:
    """The wall around an actor, built once: `visible_to` hangs on nothing but the actor."""
    conditions = ((model, model.visible_to(actor)) for model in scoped_models())
    options = tuple(
        with_loader_criteria(model, condition, include_aliases=True)
        for model, condition in conditions
        if not _is_everything(condition)
    )
    return _Wall(options) if options else None


def _is_everything(condition: ColumnElement[bool]) -> bool:
    return condition is EVERYTHING


EVERYTHING: ColumnElement[bool] = true()
NOTHING: ColumnElement[bool] = false()


@event.listens_for(Session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    actor = _actor.get()
    if actor is None or not state.is_select or state.is_column_load:
        return
    wall = _wall(actor)
    if wall is not None:
        state.statement = _behind(wall, state.statement)


MOST_WALLS = 16
_walled: WeakKeyDictionary[Any, dict[_Wall, Any]] = WeakKeyDictionary()


def _behind(wall: _Wall, statement: Any) -> Any:
    """The statement behind a wall. One that is put together once keeps this form for as long as it
    lives, and with it the key of its compiled form: to work that out takes longer than many an answer."""
    held = _walled.setdefault(statement, {})
    found = held.get(wall)
    if found is None:
        if len(held) >= MOST_WALLS:
            held.clear()
        found = held[wall] = statement.options(wall)
    return found


def of_company(company_id: Any, actor: Actor) -> ColumnElement[bool]:
    """The usual wall of casework: a company sees its own, an officer the desks, others nothing."""
    if actor.is_company:
        return company_id == actor.organisation_id  # type: ignore[no-any-return]
    if actor.role in (Role.HEAD, Role.AUDITOR):
        return EVERYTHING
    if actor.role is Role.OFFICER:
        if actor.desks is None:
            return EVERYTHING
        return company_id.in_(sorted(actor.desks))  # type: ignore[no-any-return]
    return NOTHING


def visible(model: type[Any], actor: Actor) -> Select[Any]:
    """A SELECT of what an actor may know of, for use outside a request (letters, tests)."""
    return select(model).where(model.visible_to(actor))


@lru_cache(maxsize=4096)
def _sought(model: Any, column: str, actor: Actor) -> Select[Any]:
    wanted = bindparam("wanted", type_=getattr(model, column).type)
    return visible(model, actor).where(getattr(model, column) == wanted)


def seek(model: type[Any], column: str, value: Any, actor: Actor) -> Any:
    """The record whose `column` has this value if `actor` may know of it, else None."""
    kept: Any = model
    return db.session.scalar(_sought(kept, column, actor), {"wanted": value})


def find(model: type[Any], record_id: int, actor: Actor) -> Any:
    """The record with this number if `actor` may know of it, else None."""
    return db.session.scalar(visible(model, actor).where(model.id == record_id))
