"""The states of a version, and the moves between them: said once, held by Python and by the database alike.

    building ──▶ built ──▶ evaluated ──▶ champion ◀──▶ archived
                               │ │          ▲           ▲
                               │ └─▶ rejected           │
                               └────────────────────────┘

`champion` follows `evaluated` when the gate lets a version through, `rejected` when a person with a reason overrules
it, and `archived` when a person rolls back to it (or promotes it again). A champion is archived by the move that
replaces it; a version that passes its gate when a newer window has its champion already is archived at once: it was
eligible late. A version that is judged again beside another one, because that one's window arrived late, goes back to
`evaluated` or `rejected`.
"""

from __future__ import annotations

from typing import Literal

VersionState = Literal["built", "evaluated", "champion", "rejected", "archived"]

TRANSITIONS: dict[VersionState, tuple[VersionState, ...]] = {
    "built": ("evaluated",),
    "evaluated": ("champion", "rejected", "archived"),
    "champion": ("archived",),
    "rejected": ("champion", "evaluated"),
    "archived": ("champion", "rejected", "evaluated"),
}
"""From each state, those that may follow. A version in `building` has no number yet, and becomes `built`."""
