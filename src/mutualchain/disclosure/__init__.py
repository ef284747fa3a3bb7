"""One case, disclosed (公示): a file that anybody can check without a key, and what it says.

bundle   the file's format (.mcd)
build    a disclosure cut out of an archive
masking  names, numbers and regions as a stranger may see them
shown    the entries shown, proven: a whole log, or single ones
opened   the facts that were opened, held against the covenant
life     the case lived through again by the covenant's own rules
verify   the check: from the checkpoint to every step of the case
facts    what a verified disclosure says
result   what was established, put together
"""
