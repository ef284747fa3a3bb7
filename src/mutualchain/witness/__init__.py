"""Witnesses: who cosigns a log's checkpoints, and never two that disagree (c2sp.org/tlog-witness@v1.0.0).

================  ================================================================================
``core``          add-checkpoint as a decision: bytes and state in, response or new state out (pure)
``quorum``        which quorums a trust file allows, and how many lying witnesses it survives (pure)
``state``         what a witness has seen, durable before it answers, many answers to one sync
``keyfile``       a witness's key, encrypted at rest
``config``        a witness's configuration file
``config_text``   the same as text: a new one, logs added and taken away
``service``       the decision, the state and the signer put together, for any server
``app``           the HTTP interface (starlette)
``protocol``      what uvicorn lacks for strangers' requests
``limiter``       requests per second, by address and by log
``metrics``       counters in Prometheus's text format
``server``        the process: key, state, socket, signals
``client``        the ledger's side: gathers cosignatures until a quorum has signed
``conversation``  what it says to one witness
``transport``     its HTTP, with caps on everything
================  ================================================================================

Only ``app``, ``protocol`` and ``server.serve`` need the extra ``mutualchain[witness]``.
"""
