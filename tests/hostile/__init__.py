"""What strangers hand to members, auditors, witnesses and operators: files, texts, answers of servers, strings.

Nothing here may end in anything but the project's own errors, a wrong verdict or exit code, memory without bound, or a
screen that says what nobody checked. Records and disclosures have harnesses of their own (tests/record/test_bytes.py,
tests/disclosure/test_bytes.py); docs/threats.md says what each refusal is for.
"""
