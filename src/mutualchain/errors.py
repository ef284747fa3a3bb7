"""Every error this project raises on purpose: one root, a stable code each, a sentence, a hint.

Nothing else escapes a public function because of bad input. A code, once released, keeps its meaning
for ever; ``mutualchain explain MC-022`` prints what stands in :mod:`mutualchain.explanations`.

``exit_code`` is what the CLI returns when the error ends a command: 1 the data contradicts what was
signed, 2 the call itself is wrong, 3 nothing could be concluded, 4 rollback or split view.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = ["ERRORS", "VERDICTS", "MutualchainError", "by_code"]

TAMPERED, USAGE, COULD_NOT_CHECK, ROLLBACK = 1, 2, 3, 4
VERDICTS = {
    0: "verified",
    TAMPERED: "tampered",
    USAGE: "usage",
    COULD_NOT_CHECK: "could not check",
    ROLLBACK: "rollback",
}
"""What an exit code says."""


class MutualchainError(Exception):
    """The root. ``message`` is one sentence; ``value`` is what offended; ``place`` says where it stood."""

    code: ClassVar[str] = "MC-001"
    exit_code: ClassVar[int] = COULD_NOT_CHECK
    default_hint: ClassVar[str] = "This is a defect of mutualchain: please report it with the command that showed it."

    def __init__(
        self, message: str, *, value: object = None, place: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.value = value
        self.place = place
        self.hint = hint if hint is not None else self.default_hint

    def diagnostics(self) -> str:
        """The error for a person: code, sentence, place, value and hint, a line each."""
        lines = [f"{self.code}: {_printable(self.message)}"]
        if self.place is not None:
            lines.append(f"  at:    {_printable(self.place)}")
        if self.value is not None:
            lines.append(f"  value: {_shown(self.value)}")
        lines.append(f"  hint:  {_printable(self.hint)}")
        return "\n".join(lines)


_SHOWN = 200


def _shown(value: object) -> str:
    """A value as one short line, whatever it is."""
    if isinstance(value, bytes):
        text = value[:_SHOWN].hex()
    elif isinstance(value, int) and value.bit_length() > 4 * _SHOWN:
        return f"an integer of {value.bit_length()} bits"  # Python refuses to spell very long ones
    else:
        text = _printable(str(value)[: _SHOWN + 1])
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _printable(text: str) -> str:
    """Control characters escaped: what stands in a forged file cannot add lines of its own, nor steer a terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


# --- general: 002-019 ---------------------------------------------------------------------------


class UsageError(MutualchainError):
    """The call is wrong: a parameter is missing, contradictory or out of range."""

    code = "MC-002"
    exit_code = USAGE
    default_hint = "See the command's --help, or the function's docstring."


class FileMissing(MutualchainError):
    """A file or folder that was named is not there, or may not be read."""

    code = "MC-003"
    exit_code = COULD_NOT_CHECK
    default_hint = "Check the path and its permissions."


class FileExists(MutualchainError):
    """A file that would be written is there already; nothing is ever overwritten silently."""

    code = "MC-004"
    exit_code = USAGE
    default_hint = "Choose another path, or move the existing file away."


class CanonicalError(MutualchainError):
    """Bytes that are not canonical msgpack as SPEC.md section 2 defines it."""

    code = "MC-010"
    exit_code = TAMPERED
    default_hint = "The bytes were damaged or not written by mutualchain. Get the file again from its source."


class LimitError(MutualchainError):
    """A size, count or depth above its bound in limits.py."""

    code = "MC-011"
    exit_code = COULD_NOT_CHECK
    default_hint = "mutualchain refuses it unread. limits.py names the bound and its reason."


class FrameError(MutualchainError):
    """Not a file of the expected kind, or one that ends too early."""

    code = "MC-012"
    exit_code = COULD_NOT_CHECK
    default_hint = "Get the file again: it is incomplete, empty, or another kind of file."


class FrameDamaged(MutualchainError):
    """A file whose content does not have the checksum it states."""

    code = "MC-013"
    exit_code = TAMPERED
    default_hint = "The file was changed after it was written, or damaged on its way. Get it again from its source."


class UnsupportedVersion(MutualchainError):
    """A format, schema or rule of a version that this release does not know. Never a verdict about the data."""

    code = "MC-014"
    exit_code = COULD_NOT_CHECK
    default_hint = "A newer release of mutualchain may know it: upgrade and try again."


class AmountError(MutualchainError):
    """An amount that is no whole, non-negative number of the minor unit, or is too large."""

    code = "MC-015"
    exit_code = USAGE
    default_hint = "Amounts are whole numbers of fen, or yuan with at most two decimals."


# --- tlog: 020-039 ------------------------------------------------------------------------------


class ProofError(MutualchainError):
    """An RFC 6962 inclusion or consistency proof that does not lead to the root."""

    code = "MC-020"
    exit_code = TAMPERED
    default_hint = "What the proof is for is not in the log that was signed, or the proof was changed."


class NoteError(MutualchainError):
    """Bytes that are not a C2SP signed note."""

    code = "MC-021"
    exit_code = COULD_NOT_CHECK
    default_hint = "A signed note is UTF-8 text, an empty line, and lines that begin with an em dash."


class NoteSignatureError(MutualchainError):
    """A signature under a known key that does not verify."""

    code = "MC-022"
    exit_code = TAMPERED
    default_hint = "The text was changed after it was signed, or the signature was forged."


class NoteUnverified(MutualchainError):
    """A note without any signature of a trusted key."""

    code = "MC-023"
    exit_code = COULD_NOT_CHECK
    default_hint = "It was signed by somebody else than the log you trust. Check that the trust file is the right one."


class KeyFormatError(MutualchainError):
    """A verifier key, signer key or key name that is malformed, weak or of an unknown type."""

    code = "MC-024"
    exit_code = USAGE
    default_hint = "Keys look like name+hash+base64; copy the whole line."


class CheckpointError(MutualchainError):
    """A note text that is not a C2SP checkpoint, or one of another origin."""

    code = "MC-025"
    exit_code = COULD_NOT_CHECK
    default_hint = "A checkpoint is three lines: origin, size, root."


class CosignatureError(NoteSignatureError):
    """A witness's cosignature that is malformed or does not verify."""

    code = "MC-026"
    exit_code = TAMPERED
    default_hint = "The cosignature was forged or belongs to another checkpoint."


class TileError(MutualchainError):
    """A tile, entry bundle or tile path that is malformed."""

    code = "MC-027"
    exit_code = TAMPERED
    default_hint = "Fetch the tile again; if it stays wrong, the publisher's copy is damaged."


class TrustFileError(MutualchainError):
    """A trust file (the format is C2SP's tlog-policy) that is malformed or contradicts itself."""

    code = "MC-028"
    exit_code = USAGE
    default_hint = "The line is named. `mutualchain explain MC-028` shows the format."


class QuorumError(MutualchainError):
    """A checkpoint that carries fewer valid cosignatures than the trust file asks for."""

    code = "MC-029"
    exit_code = COULD_NOT_CHECK
    default_hint = "Wait until the missing witnesses have signed, then get the file again."


class ProofFileError(MutualchainError):
    """Bytes that are not a C2SP tlog-proof."""

    code = "MC-030"
    exit_code = COULD_NOT_CHECK
    default_hint = "A tlog-proof begins with the line c2sp.org/tlog-proof@v1."


class SignatureError(MutualchainError):
    """An Ed25519 signature that does not verify under its key."""

    code = "MC-031"
    exit_code = TAMPERED
    default_hint = "What was signed was changed, or it was signed with another key."


class KeyNotInForce(MutualchainError):
    """A checkpoint signed by a log key outside the time for which the trust file takes its signature."""

    code = "MC-032"
    exit_code = COULD_NOT_CHECK
    default_hint = (
        "Ask for a fresh copy, which the log's present key has signed. A trust file may itself be out of date."
    )


# --- sheet: 040-059 -----------------------------------------------------------------------------


class SheetFormatError(MutualchainError):
    """A page, descriptor or column whose shape contradicts its schema."""

    code = "MC-041"
    exit_code = TAMPERED
    default_hint = "The page or descriptor was changed, or is of another sheet."


class SheetProofError(MutualchainError):
    """A page and path that do not lead to the sheet's root."""

    code = "MC-042"
    exit_code = TAMPERED
    default_hint = "The rows shown are not the rows that were signed."


class AggregateError(MutualchainError):
    """Totals in a sheet tree that are impossible: above what the rows can hold, or overflowing."""

    code = "MC-043"
    exit_code = TAMPERED
    default_hint = "Somebody tried to balance a changed row with an impossible total elsewhere."


class RowError(MutualchainError):
    """A row that its schema does not allow: an unknown status, an amount beside a status that has none."""

    code = "MC-044"
    exit_code = TAMPERED
    default_hint = "The sheet's own rows break the schema's rules."


# --- block: 060-079 -----------------------------------------------------------------------------


class EntryError(MutualchainError):
    """An entry that is malformed or of an impossible content."""

    code = "MC-060"
    exit_code = TAMPERED
    default_hint = "The entry was changed, or written by other software."


class HeaderError(MutualchainError):
    """A block header that is malformed."""

    code = "MC-061"
    exit_code = TAMPERED
    default_hint = "The block was changed, or written by other software."


class BlockError(MutualchainError):
    """A block that is malformed, or does not match its entries, its sheets or its plans."""

    code = "MC-062"
    exit_code = TAMPERED
    default_hint = "The block was changed, or written by other software."


class BlockSignatureError(MutualchainError):
    """A block that carries no valid signature of the block key in force."""

    code = "MC-063"
    exit_code = TAMPERED
    default_hint = "The block was not signed by this chain's operator."


class PlanStateError(MutualchainError):
    """A plan leaf that is malformed, or counters that do not follow from the block before."""

    code = "MC-064"
    exit_code = TAMPERED
    default_hint = "The header's counters and the chain's content disagree."


class GenesisError(MutualchainError):
    """A first block that is not a genesis block, or another chain's."""

    code = "MC-065"
    exit_code = TAMPERED
    default_hint = "The data belongs to another chain, or its beginning was replaced."


class BlockKeyError(MutualchainError):
    """A change of the block key that the rules do not allow."""

    code = "MC-066"
    exit_code = TAMPERED
    default_hint = "A block key changes with the old and the new signature, or by recovery after its delay."


class LinkError(MutualchainError):
    """A block that does not follow the one before: height, previous hash or time."""

    code = "MC-067"
    exit_code = TAMPERED
    default_hint = "Blocks were exchanged, removed or inserted."


# --- covenant: 080-109 --------------------------------------------------------------------------


class CovenantError(MutualchainError):
    """A covenant document that breaks one or more rules; all of them are in ``violations``."""

    code = "MC-080"
    exit_code = USAGE
    default_hint = "Each violation names the parameter and the values it may have."

    def __init__(self, message: str, *, violations: tuple[str, ...] = (), value: object = None) -> None:
        super().__init__(message, value=value)
        self.violations = violations

    def diagnostics(self) -> str:
        """As for any error, with a line for each violation where there are several."""
        lines = super().diagnostics().split("\n")
        if len(self.violations) > 1:
            lines[0] = f"{self.code}: the covenant has {len(self.violations)} mistakes"
            lines[1:1] = ["    " + _printable(sentence) for sentence in self.violations]
        return "\n".join(lines)


class RuleError(MutualchainError):
    """What the covenant in force forbids. ``clause`` names the rule. The root of 082-109 and 300-379."""

    code = "MC-081"
    exit_code = USAGE
    default_hint = "The covenant in force does not allow it; nothing was recorded."
    clause: str = "covenant"

    def __init__(
        self,
        message: str,
        *,
        value: object = None,
        place: str | None = None,
        hint: str | None = None,
        clause: str | None = None,
    ) -> None:
        super().__init__(message, value=value, place=place, hint=hint)
        if clause is not None:
            self.clause = clause

    def diagnostics(self) -> str:
        """As every error's, with the rule's clause."""
        first, *rest = super().diagnostics().split("\n")
        return "\n".join([first, f"  rule:  {_printable(self.clause)}", *rest])


class PlanUnknown(RuleError):
    """No such plan on this chain."""

    code = "MC-082"
    clause = "plan"
    default_hint = "`mutualchain status LEDGER` lists the plans."


class SlotUnknown(RuleError):
    """No member has this slot."""

    code = "MC-083"
    clause = "slot"
    default_hint = "Slots count from 0 in the order of joining."


class DuplicateKey(RuleError):
    """A public key that is enrolled in this plan already, or twice in one batch."""

    code = "MC-084"
    clause = "one key, one slot"
    default_hint = "Each membership has a key of its own; rejoining takes a new one."


class DepositRule(RuleError):
    """A deposit below what the covenant asks for on joining."""

    code = "MC-085"
    clause = "prepay"
    default_hint = "The covenant's `prepay` is the least deposit."


class BalanceTooLow(RuleError):
    """More is asked for than the member's free balance."""

    code = "MC-086"
    clause = "balance"
    default_hint = "What an open round will deduct is not free."


class SequenceError(RuleError):
    """A running number that is not the member's next."""

    code = "MC-087"
    clause = "running number"
    default_hint = "Ask for the member's next running number, and have her sign again."


class StatementSignatureError(RuleError):
    """A member's statement whose signature is not hers."""

    code = "MC-088"
    exit_code = TAMPERED
    clause = "member's signature"
    default_hint = "Withdrawal and exit need the signature of the key in the member's slot."


class AlreadyExited(RuleError):
    """The member has left; her slot is closed."""

    code = "MC-089"
    clause = "exit"
    default_hint = "Rejoining takes a new slot."


class RoundOpen(RuleError):
    """A round is open in this plan already."""

    code = "MC-090"
    clause = "one round at a time"
    default_hint = "Settle it first."


class NoRoundOpen(RuleError):
    """No round is open in this plan."""

    code = "MC-091"
    clause = "round"
    default_hint = "Open a round first: `mutualchain round open`."


class ShareAboveCap(RuleError):
    """The share would exceed the covenant's cap per round."""

    code = "MC-092"
    clause = "cap"
    default_hint = "Share fewer cases in this round."


class NobodyShares(RuleError):
    """Nobody shares at the snapshot, so nothing can be shared out."""

    code = "MC-093"
    clause = "headcount"
    default_hint = "A round needs at least one covered member."


class CaseUnknown(RuleError):
    """No such case in this plan, or not in the state that this step needs."""

    code = "MC-094"
    clause = "case"
    default_hint = "`mutualchain status LEDGER` lists the cases and where they stand."


class PayoutAboveAid(RuleError):
    """More would be paid than was approved."""

    code = "MC-095"
    clause = "payout"
    default_hint = "The sum of a case's payouts never exceeds its aid."


class TooManyEvents(RuleError):
    """More than 255 events of one member between two rounds."""

    code = "MC-096"
    clause = "events per round"
    default_hint = "Her row counts them in one byte. Combine the amounts, or wait for the next round."


class RoundUnbalanced(RuleError):
    """A round whose figures do not satisfy the two equations, or are not what the covenant computes."""

    code = "MC-097"
    exit_code = TAMPERED
    clause = "the two equations"
    default_hint = (
        "due = paid + shortfall; paid + surplus in + top-up + deficit out = aid + fee + deficit in + surplus out."
    )


class ChargeMismatch(RuleError):
    """A charge row that is not what the covenant computes for the member."""

    code = "MC-098"
    exit_code = TAMPERED
    clause = "equal shares"
    default_hint = "All who share in a round owe the same."


class SnapshotError(RuleError):
    """A snapshot instant that lies ahead, or before the last round's."""

    code = "MC-099"
    clause = "snapshot"
    default_hint = "The snapshot lies between the last round's and now."


class PlanExists(RuleError):
    """A plan of this name exists already."""

    code = "MC-100"
    clause = "plan"
    default_hint = "Choose another name."


class AidRule(RuleError):
    """An amount of aid outside what the covenant allows."""

    code = "MC-101"
    clause = "maximum aid"
    default_hint = "The covenant's `max_aid` is the most for one case."


class WeakKey(RuleError):
    """A public key that is no canonical Ed25519 key, or of small order."""

    code = "MC-102"
    clause = "member's key"
    default_hint = "Make the key with `mutualchain passport new`, or any Ed25519 library."


class OverflowRule(RuleError):
    """A balance or total that would leave the range of the format."""

    code = "MC-103"
    clause = "range"
    default_hint = "limits.py names the bound."


class StatementUnreadable(MutualchainError):
    """Bytes that are no statement of a member, so that nobody signs them unread."""

    code = "MC-104"
    exit_code = USAGE
    default_hint = "Ask the platform for the message again, as its command prints it with --message. Sign nothing else."


# --- store: 110-129 -----------------------------------------------------------------------------


class StoreError(MutualchainError):
    """The storage engine failed; what was acknowledged is kept."""

    code = "MC-110"
    default_hint = "Look at disk and permissions, then open the ledger again."


class StoreBusy(StoreError):
    """Another process writes this ledger."""

    code = "MC-111"
    exit_code = USAGE
    default_hint = "One process writes at a time. Stop the other, or open read-only."


class StoreMissing(StoreError):
    """The folder is no ledger."""

    code = "MC-112"
    exit_code = COULD_NOT_CHECK
    default_hint = "Check the path, or make a ledger with `mutualchain init`."


class StoreCorrupt(StoreError):
    """The ledger's storage is damaged."""

    code = "MC-113"
    exit_code = TAMPERED
    default_hint = "Restore a backup to a new folder with `mutualchain restore`, then audit it."


class StoreFull(StoreError):
    """No room on the disk, or the map cannot grow. Nothing acknowledged was lost."""

    code = "MC-114"
    default_hint = "Make room, then repeat the call with the same reference."


class HeadMoved(StoreError):
    """The head is not the one this write was made for."""

    code = "MC-115"
    default_hint = "Somebody else wrote meanwhile. Open the ledger again."


class StoreReadOnly(StoreError):
    """A write was asked of a ledger opened read-only."""

    code = "MC-116"
    exit_code = USAGE
    default_hint = "Open the ledger for writing."


class StoreExists(StoreError):
    """The folder is a ledger already, or not empty."""

    code = "MC-117"
    exit_code = USAGE
    default_hint = "Choose an empty or new folder."


class AlreadyStored(StoreError):
    """A key that is written once and never again holds a value already."""

    code = "MC-118"
    default_hint = "Nothing was changed. Audit the ledger, and report how this came about."


# --- ledger: 130-169 ----------------------------------------------------------------------------


class LedgerClosed(MutualchainError):
    """The ledger was closed, or failed in a way that needs reopening."""

    code = "MC-130"
    exit_code = USAGE
    default_hint = "Open the ledger again. What was acknowledged is in it."


class ReferenceConflict(MutualchainError):
    """The same reference came with different content."""

    code = "MC-131"
    exit_code = USAGE
    default_hint = "A reference names one request for ever. Use a new one for a new request."


class ReferenceMissing(MutualchainError):
    """A write without the client's reference, or with one that is empty or too long."""

    code = "MC-132"
    exit_code = USAGE
    default_hint = "Give every request a reference of its own, 1 to 128 bytes, and repeat it when retrying."


class ClockBehind(MutualchainError):
    """The clock stands before the last block's time."""

    code = "MC-133"
    default_hint = "Set the machine's clock right. Block times never decrease."


class SignerFailed(MutualchainError):
    """A signer raised, or returned a signature that does not verify."""

    code = "MC-134"
    default_hint = "Look at the HSM, KMS or key file. Nothing was recorded."


class KeyFileError(MutualchainError):
    """A key file that is missing, malformed, readable by others, or of another chain."""

    code = "MC-135"
    exit_code = USAGE
    default_hint = "Name the right key file; only its owner should be able to read it."


class CommitUncertain(MutualchainError):
    """The durable commit failed midway; whether it landed shows on reopening."""

    code = "MC-136"
    default_hint = "Open the ledger again and repeat the call with the same reference."


class LedgerUnconfirmed(MutualchainError):
    """Too few witnesses have answered whether this is the newest copy of the ledger: nothing is signed until then."""

    code = "MC-137"
    default_hint = "Wait until they answer, or write with --unconfirmed if no other copy was ever written to."


class ReferenceUnknown(MutualchainError):
    """Nothing was ever recorded under this reference."""

    code = "MC-138"
    exit_code = USAGE
    default_hint = "Look up the reference with which the write was made, and the plan."


# --- record and verification: 170-199 -----------------------------------------------------------


class NotYourRecord(MutualchainError):
    """The record is of another member than the passport's."""

    code = "MC-170"
    exit_code = COULD_NOT_CHECK
    default_hint = "Name the passport you joined with, or ask for your own record."


class RecordIncomplete(MutualchainError):
    """Something that the signed counters promise is missing from the record."""

    code = "MC-171"
    exit_code = TAMPERED
    default_hint = "Rounds or events were left out. Ask for the whole record; if it stays so, tell an auditor."


class RecordMismatch(MutualchainError):
    """A value in the record is not the one that was signed."""

    code = "MC-172"
    exit_code = TAMPERED
    default_hint = "The file does not match the signed chain."


class TooOld(MutualchainError):
    """The record's checkpoint is older than asked for."""

    code = "MC-173"
    exit_code = COULD_NOT_CHECK
    default_hint = "Ask for a fresh record."


class Rollback(MutualchainError):
    """A chain shorter than, or not extending, the one seen before."""

    code = "MC-174"
    exit_code = ROLLBACK
    default_hint = "Keep both files: the operator may have rewritten its history. Tell an auditor or a witness."


class SplitView(MutualchainError):
    """Two books of one size that differ, both signed by the log's key."""

    code = "MC-175"
    exit_code = ROLLBACK
    default_hint = (
        "Keep both files: together they show that the operator signed two histories. Tell an auditor or a witness."
    )


class RuleBroken(MutualchainError):
    """The record matches the signed chain, and the signed chain breaks a rule."""

    code = "MC-176"
    exit_code = TAMPERED
    default_hint = "Keep the file: it is signed by the operator and shows the breach."


class PassportError(MutualchainError):
    """A passport file that is malformed, locked or of another plan."""

    code = "MC-177"
    exit_code = COULD_NOT_CHECK
    default_hint = "Name the passport file you made when joining."


class RecordUnavailable(MutualchainError):
    """No record can be made: the slot, plan or checkpoint is not in this archive."""

    code = "MC-178"
    exit_code = USAGE
    default_hint = "Check plan and slot; the ledger needs a signed checkpoint that covers them."


class PinUncovered(MutualchainError):
    """A record that does not show that it continues the book seen before."""

    code = "MC-179"
    default_hint = "Ask for a record made with `--since` and the book you saw, then check again."


# --- audit: 200-219 -------------------------------------------------------------------------------


class AuditIncomplete(MutualchainError):
    """The archive lacks something that the audit needs."""

    code = "MC-200"
    default_hint = "The finding names what is missing."


class TotalMismatch(MutualchainError):
    """Replayed counters, balances or totals differ from the signed ones."""

    code = "MC-201"
    exit_code = TAMPERED
    default_hint = "The finding names the place, the expected and the found value."


class LogRootMismatch(MutualchainError):
    """The recorded blocks do not have the size or root that a checkpoint or an anchor states."""

    code = "MC-202"
    exit_code = TAMPERED
    default_hint = (
        "Blocks were changed, removed or exchanged after they were signed. Keep the checkpoint and this copy."
    )


class StoredCopyMismatch(MutualchainError):
    """A node, leaf, tile or index that the store keeps beside the chain is not what the chain gives."""

    code = "MC-203"
    exit_code = TAMPERED
    default_hint = "Proofs made with it would fail. Restore a backup with `mutualchain restore`, then audit it."


# --- witness: 220-239 ---------------------------------------------------------------------------


class ExtraMissing(MutualchainError):
    """A part of mutualchain that needs packages which are not installed."""

    code = "MC-220"
    exit_code = USAGE
    default_hint = "Install the extra that the message names: pip install 'mutualchain[witness]'."


class WitnessConfigError(MutualchainError):
    """A witness's configuration that is malformed, incomplete or cannot be put to work."""

    code = "MC-221"
    exit_code = USAGE
    default_hint = "The place names the table and key; docs/witness.md shows a whole file."


class WitnessKeyError(MutualchainError):
    """A witness's state that was not made for the key it should sign with."""

    code = "MC-222"
    exit_code = USAGE
    default_hint = (
        "A key whose state is lost must never sign again: make a new key, and tell those who trust the old one."
    )


class PassphraseError(MutualchainError):
    """A passphrase that is missing, or does not open the key file."""

    code = "MC-223"
    exit_code = USAGE
    default_hint = "Give it at the prompt, in MUTUALCHAIN_WITNESS_PASSPHRASE, or in a file that only you can read."


class WitnessStateError(MutualchainError):
    """A witness's state that is damaged, or would go back or fork."""

    code = "MC-224"
    exit_code = TAMPERED
    default_hint = "Stop the witness. Its key must not sign again unless the newest state is certain to be there."


class WitnessAhead(MutualchainError):
    """A witness has seen a larger tree of this log than the ledger has."""

    code = "MC-225"
    exit_code = ROLLBACK
    default_hint = "The ledger may be a restored backup. Sign nothing; find the newest copy of the ledger first."


class WitnessConflict(MutualchainError):
    """A witness holds another tree of this log, signed by the log, than the ledger has."""

    code = "MC-226"
    exit_code = ROLLBACK
    default_hint = (
        "The log's key has signed two histories. Sign nothing, keep both checkpoints, and find out who signed."
    )


class QuorumsDisjoint(MutualchainError):
    """A trust file under which two quorums need not share an honest witness."""

    code = "MC-227"
    exit_code = USAGE
    default_hint = "Ask for more witnesses: in every group that counts, for more than half of the members."


# --- publishing: 240-249 ------------------------------------------------------------------------


class PublishedMissing(MutualchainError):
    """A file of a published ledger is not where it must be."""

    code = "MC-240"
    exit_code = COULD_NOT_CHECK
    default_hint = "The copy is incomplete, or the address is not a published ledger's. Try another copy."


class PublishedMismatch(MutualchainError):
    """A file of a published ledger does not match what the log signed."""

    code = "MC-241"
    exit_code = TAMPERED
    default_hint = "The place names the file. Try another copy; tell the operator of this one."


class SourceUnreachable(MutualchainError):
    """The server of a published ledger does not answer, or not as it must."""

    code = "MC-242"
    exit_code = COULD_NOT_CHECK
    default_hint = "Check the address and the connection, then try again."


class PublishedTooLarge(MutualchainError):
    """A file of a published ledger is longer than it can be; reading stopped there."""

    code = "MC-243"
    exit_code = COULD_NOT_CHECK
    default_hint = "The server sends something else than a published ledger. Try another copy."


class PublishRollback(MutualchainError):
    """The folder holds a checkpoint over more blocks than the ledger has."""

    code = "MC-244"
    exit_code = ROLLBACK
    default_hint = "The ledger may be a restored backup. Publish nothing; find its newest copy first."


class PublishSplit(MutualchainError):
    """The folder's checkpoint and the ledger's are of two histories."""

    code = "MC-245"
    exit_code = ROLLBACK
    default_hint = "Publish nothing. Keep both checkpoints, and find out which history others have seen."


class PublishUnverified(MutualchainError):
    """Something does not verify, so nothing new was published."""

    code = "MC-246"
    exit_code = TAMPERED
    default_hint = "The place names it. Audit the ledger; if it is whole, look at the disk of the folder."


class PublishBusy(MutualchainError):
    """Another process publishes to this folder."""

    code = "MC-247"
    exit_code = USAGE
    default_hint = "Wait until it is done."


class PublishFolder(MutualchainError):
    """The folder cannot be published to: it holds something else, or another log."""

    code = "MC-248"
    exit_code = USAGE
    default_hint = "Name an empty folder, or one that this ledger was published to before."


class SealedUnreadable(MutualchainError):
    """The auditor's part of a published ledger is not for this key, or not of this ledger."""

    code = "MC-249"
    exit_code = COULD_NOT_CHECK
    default_hint = "Use the key that the operator was given, and the sealed folder that came with this ledger."


# --- cli: 250-269 -------------------------------------------------------------------------------


class InputFileError(MutualchainError):
    """A CSV or covenant file whose content cannot be used; nothing was recorded."""

    code = "MC-250"
    exit_code = USAGE
    default_hint = "The lines are named. Correct them and repeat the command with the same reference."

    def __init__(
        self,
        message: str,
        *,
        rows: tuple[str, ...] = (),
        value: object = None,
        place: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, value=value, place=place, hint=hint)
        self.rows = rows

    def diagnostics(self) -> str:
        """As for any error, with a line for each wrong row that is named."""
        first, *rest = super().diagnostics().split("\n")
        return "\n".join([first, *(f"    {_printable(row)}" for row in self.rows), *rest])


class SystemRefused(MutualchainError):
    """The operating system refused something: a permission, room on the disk, memory."""

    code = "MC-251"
    exit_code = COULD_NOT_CHECK
    default_hint = "Look at the disk and the permissions, then repeat the command."


class PinUnreadable(MutualchainError):
    """What was kept of the book seen before cannot be read, so nothing can be held against it."""

    code = "MC-253"
    exit_code = COULD_NOT_CHECK
    default_hint = (
        "Take the file from a backup, or move it away and name what you have of that book with --seen; "
        "--no-pin checks the record without it."
    )


class DemoFailed(MutualchainError):
    """The demonstration did not show what it should."""

    code = "MC-252"
    exit_code = COULD_NOT_CHECK
    default_hint = "This is a defect of mutualchain: please report it with the step that is named."


class NoticeTemplate(MutualchainError):
    """A template of notices that cannot be used: an unknown sentence or placeholder, or no template at all."""

    code = "MC-254"
    exit_code = USAGE
    default_hint = "`mutualchain notices --show-template` prints the one in use, with every placeholder."


class RecordsElsewhere(MutualchainError):
    """A folder that holds something else than the records that are to be written into it."""

    code = "MC-255"
    exit_code = USAGE
    default_hint = "Name a new folder."


# --- evidence: 280-299 --------------------------------------------------------------------------


class EvidenceFormat(MutualchainError):
    """An evidence file whose content is not of the form that SPEC.md states."""

    code = "MC-280"
    exit_code = TAMPERED
    default_hint = "It convicts nobody. Get the file again from whoever made it."


class NotEvidence(MutualchainError):
    """A file that calls itself evidence, and what it shows contradicts nothing."""

    code = "MC-281"
    exit_code = TAMPERED
    default_hint = "It convicts nobody. Whoever hands it around is wrong, or hopes that nobody checks."


class NobodyConvicted(MutualchainError):
    """Statements that contradict each other, and no key of the trust file signed all of them."""

    code = "MC-282"
    exit_code = COULD_NOT_CHECK
    default_hint = "Name a trust file with the keys of whom the evidence is about."


class CannotCompare(MutualchainError):
    """Two things that cannot be compared: they are not of one log."""

    code = "MC-283"
    exit_code = USAGE
    default_hint = "Compare two checkpoints, records, receipts or published ledgers of one origin."


class MonitorStateError(MutualchainError):
    """A monitor's state file that cannot be read, or is another monitor's."""

    code = "MC-284"
    exit_code = COULD_NOT_CHECK
    default_hint = (
        "Name the file that this monitor wrote, or move it away to begin anew; what it had seen is then lost."
    )


class MonitorBusy(MutualchainError):
    """Another monitor works with this state file."""

    code = "MC-285"
    exit_code = USAGE
    default_hint = "End it first, or give this one a state file of its own."


# --- rounds and money: 300-319 -------------------------------------------------------------------


class TooFewMembers(RuleError):
    """Fewer share than the covenant's smallest headcount."""

    code = "MC-300"
    clause = "membership.smallest"
    default_hint = "No round opens below this headcount; the covenant's closing rules say what happens to the plan."


class CalendarRule(RuleError):
    """A round opened or settled at an instant at which the covenant's calendar does not allow it."""

    code = "MC-301"
    clause = "calendar"
    default_hint = "Wait for the instant that the message names."


class ArrearsRule(RuleError):
    """Arrears paid by a member who owes none, or more than she owes."""

    code = "MC-302"
    clause = "arrears"
    default_hint = "Record what goes beyond the arrears as an ordinary credit."


class CorrectionRule(RuleError):
    """A correction of what is no credit of the member, of more than the credit, or for the second time."""

    code = "MC-303"
    clause = "correction"
    default_hint = "Name the running number of the credit that was wrong."


class RefundRule(RuleError):
    """A refund sheet that the voided case and its round do not lead to, or a second one."""

    code = "MC-304"
    clause = "refunds.void"
    default_hint = "A refund follows from a case that was voided after a round had shared it."


class MembershipEnded(RuleError):
    """A member whose arrears ended her membership for good."""

    code = "MC-305"
    clause = "arrears.lapse"
    default_hint = "She can withdraw what is left of her balance, and join again where the covenant allows it."


class CollectionRule(RuleError):
    """A collection reported as failed for a member from whom nothing was due."""

    code = "MC-306"
    clause = "sharing.funding"
    default_hint = "Report only slots that share in the open round of a plan that collects by mandate."


class AmendmentRule(RuleError):
    """An amendment that the covenant in force does not allow: out of turn, without notice, or of what cannot change."""

    code = "MC-307"
    clause = "amendments"
    default_hint = "Record it as the next version, with the notice that the covenant in force asks for."


class FundRule(RuleError):
    """Money for the next round that does not fit its source."""

    code = "MC-308"
    clause = "fund"
    default_hint = "A recovery names the voided case it comes from; nothing else names a case."


# --- cases and institutions: 320-359 -------------------------------------------------------------


class FactsMismatch(RuleError):
    """Opened facts that do not lead to the root that the request or disclosure committed to."""

    code = "MC-320"
    exit_code = TAMPERED
    clause = "facts"
    default_hint = "Take the file that was made with the request: values, salts and order have to be the same."


class FactsMissing(RuleError):
    """Rules that need facts of the case, and nobody opened them."""

    code = "MC-321"
    clause = "facts"
    default_hint = "Give the opened facts with the request; they are kept beside the chain and never published."


class InstitutionUnknown(RuleError):
    """No such institution is registered, or it was revoked."""

    code = "MC-322"
    clause = "institutions"
    default_hint = "`mutualchain institution list LEDGER` shows who is registered."


class InstitutionRule(RuleError):
    """A registration, revocation or key change of an institution that the rules do not allow."""

    code = "MC-323"
    clause = "institutions"
    default_hint = "An institution has one name, a key of its own, and no two roles that must be apart."


class RoleRule(RuleError):
    """An institution acts in a role that it is not registered for."""

    code = "MC-324"
    clause = "institutions.roles"
    default_hint = "Ask an institution of that role."


class StandingRule(RuleError):
    """A case outside what the covenant covers: cause, age, waiting period, maximum, time of the request."""

    code = "MC-325"
    clause = "aid"
    default_hint = "The clause names the rule; the case can be refused by it."


class NotCovered(RuleError):
    """The member is not covered at the moment."""

    code = "MC-326"
    clause = "aid.in_grace"
    default_hint = "She is covered again as the covenant says, usually once she has paid."


class Sanctioned(RuleError):
    """A sanction forbids the member to request aid."""

    code = "MC-327"
    clause = "sanction"
    default_hint = "She can appeal; a sanction that is lifted, or whose day has come, hinders nothing."


class ErasureRule(RuleError):
    """Personal data that cannot be erased: it was before, or a case that is not decided yet needs it."""

    code = "MC-339"
    clause = "erasure"
    default_hint = "Decide the case, or let the member withdraw it; `mutualchain case list` shows where it stands."


class CaseStep(RuleError):
    """A step that a case's state does not allow, or not yet, or no more."""

    code = "MC-328"
    clause = "cases"
    default_hint = "`mutualchain case show` says where the case stands and what it waits for."


class ReportUsed(RuleError):
    """A report whose tag stands in another case already."""

    code = "MC-329"
    clause = "cases.report_once"
    default_hint = "One report serves one case. Look at the other case that carries this tag."


class BallotRule(RuleError):
    """A ballot that does not count: out of time, of no juror, a second one."""

    code = "MC-330"
    clause = "cases.jury"
    default_hint = "Covered members other than the claimant vote once, while the voting is open."


class AdjudicationMismatch(RuleError):
    """An adjudication whose figures are not those of the ballots."""

    code = "MC-331"
    exit_code = TAMPERED
    clause = "cases.jury"
    default_hint = "It has to state what the recorded ballot sheets add up to."


class RefusalRule(RuleError):
    """A refusal by a clause that the covenant does not have, or that the case does not violate."""

    code = "MC-332"
    clause = "refusal"
    default_hint = "Name the clause (section.parameter) that the case breaks, or approve it."


class AdvanceRule(RuleError):
    """Aid advanced by whom, to whom, or in an amount that the covenant does not allow."""

    code = "MC-333"
    clause = "advances.by"
    default_hint = "The covenant's [advances] says who may advance how much of the disclosed aid."


class SanctionRule(RuleError):
    """A sanction, or the lifting of one, that nothing leads to."""

    code = "MC-334"
    clause = "sanction"
    default_hint = "A sanction names a voided case of the member where it names one; a lift names a sanction in force."


class AppealRule(RuleError):
    """An appeal against what is no decision about the member, or a second one."""

    code = "MC-335"
    clause = "appeal"
    default_hint = "Appeal once against each refusal, void or sanction, named by its entry's hash."


class KeyRule(RuleError):
    """A member's key replaced out of turn, or by a key that is in use."""

    code = "MC-336"
    clause = "keys.rekey_days"
    default_hint = "One replacement at a time; the new key is one that nobody has used in this plan."


class TreasuryRule(RuleError):
    """A treasury statement that is older than the last one, or dated ahead."""

    code = "MC-337"
    clause = "treasury"
    default_hint = "The custodian signs a statement as of a later instant than its last one, and not of the future."


class NoticeRule(RuleError):
    """An entry that concerns a member without the notice in her own row, or a notice of no such entry."""

    code = "MC-338"
    clause = "notice"
    default_hint = "Each entry about a member stands in one block with one notice row of hers that names it."


# --- wind-down: 360-379 --------------------------------------------------------------------------


class PlanClosing(RuleError):
    """Something that a plan which is being wound down, or has ended, takes no more."""

    code = "MC-360"
    clause = "closing"
    default_hint = "`mutualchain plan closing-statement LEDGER PLAN` shows how far the wind-down is."


class ClosingRule(RuleError):
    """A step of a plan's wind-down that the covenant does not allow yet, or again."""

    code = "MC-361"
    clause = "closing"
    default_hint = "`mutualchain plan closing-statement LEDGER PLAN` shows what is outstanding, and by which clause."


class ClosingStatementWrong(RuleError):
    """A closing statement that is not what the ledger comes to."""

    code = "MC-362"
    exit_code = TAMPERED
    clause = "closing"
    default_hint = "Whoever wrote it claims another end than the recorded one. An audit shows both."


# --- passports claims vaults: 380-399 -----------------------------------------------------------------


class PhraseError(MutualchainError):
    """A backup phrase that is none: a wrong word, a wrong number of words, a wrong order."""

    code = "MC-380"
    exit_code = USAGE
    default_hint = "Compare it with what you wrote down: 24 words, English or Chinese, in their order."


class PassphraseNeeded(MutualchainError):
    """A passport that is locked with a passphrase, and none was given."""

    code = "MC-381"
    exit_code = USAGE
    default_hint = "Type it when asked, or set MUTUALCHAIN_PASSPHRASE."


class PassphraseWrong(MutualchainError):
    """A passphrase that does not open the passport."""

    code = "MC-382"
    exit_code = USAGE
    default_hint = (
        "Try again. If it is lost, `mutualchain passport restore` makes the passport again from its 24 words."
    )


class AddressError(MutualchainError):
    """An address that is mistyped or no address."""

    code = "MC-383"
    exit_code = USAGE
    default_hint = "`mutualchain passport show` prints yours."


class ClaimError(MutualchainError):
    """A claim of a member that is unknown, malformed, or not the one that was committed to."""

    code = "MC-384"
    exit_code = TAMPERED
    default_hint = "Compare it with the member's commitment in the plan, under the key and plan it was made for."


class VaultMissing(MutualchainError):
    """No vault in this folder, or nothing of this name in it."""

    code = "MC-385"
    default_hint = "Check folder, plan and slot; `mutualchain vault list` shows what is there."


class VaultExists(MutualchainError):
    """Something is where a vault, or a copy of one, would be made."""

    code = "MC-386"
    exit_code = USAGE
    default_hint = "Choose another place, or move away what is there."


class VaultErased(MutualchainError):
    """Personal data that was erased: its key is destroyed, and nobody can bring it back."""

    code = "MC-387"
    default_hint = "The chain still verifies. What the data was, nobody can show any more."


class VaultDamaged(MutualchainError):
    """A vault, or something in it, that cannot be opened: damaged, or under another master key."""

    code = "MC-388"
    default_hint = "Check the master key; otherwise put a backup of the vault's data in its place."


class VaultOfAnother(MutualchainError):
    """A vault that belongs to another ledger: its keys are other members'."""

    code = "MC-390"
    exit_code = USAGE
    default_hint = "Name this ledger's own vault with --vault."


class VaultBusy(MutualchainError):
    """Another process has the vault open."""

    code = "MC-389"
    default_hint = "Try again when it is done."


def _walk(root: type[MutualchainError]) -> list[type[MutualchainError]]:
    found = [root]
    for child in root.__subclasses__():
        found.extend(_walk(child))
    return found


ERRORS: tuple[type[MutualchainError], ...] = tuple(sorted(_walk(MutualchainError), key=lambda kind: kind.code))
"""Every error class, by code. A test holds the codes unique."""


def by_code(code: str) -> type[MutualchainError] | None:
    """The class that carries ``code`` (case-insensitive), or None."""
    wanted = code.strip().upper()
    return next((kind for kind in ERRORS if kind.code == wanted), None)
