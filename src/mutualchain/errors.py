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


class RuleError(MutualchainError):
    """What the covenant in force forbids. ``clause`` names the rule. The root of 082-109."""

    code = "MC-081"
    exit_code = USAGE
    default_hint = "The covenant in force does not allow it; nothing was recorded."
    clause: ClassVar[str] = "covenant"


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


# --- record and verification: 170-199 -----------------------------------------------------------


class NotYourRecord(MutualchainError):
    """The record is of another member than the passport's."""

    code = "MC-170"
    exit_code = TAMPERED
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
    default_hint = "Ask for a record made with `--since` and the file you have, then check again."


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


class DemoFailed(MutualchainError):
    """The demonstration did not show what it should."""

    code = "MC-252"
    exit_code = COULD_NOT_CHECK
    default_hint = "This is a defect of mutualchain: please report it with the step that is named."


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
