"""Runs under the Python that has Keystone: opens tokens of ours with the real formatter, or seals some for us to open.

python real_tokens.py KEY_FOLDER < {"open": [token …], "seal": [{…} …]}  >  {"opened": [{…} …], "sealed": [token …]}
"""

import json
import sys

from keystone.conf import CONF
from keystone.token import token_formatters as real

NAMES = (
    "user_id",
    "methods",
    "audit_ids",
    "system",
    "domain_id",
    "project_id",
    "trust_id",
    "federated_group_ids",
    "identity_provider_id",
    "protocol_id",
    "access_token_id",
    "app_cred_id",
    "thumbprint",
    "issued_at",
    "expires_at",
)
CLASSES = {
    "unscoped": real.UnscopedPayload,
    "domain": real.DomainScopedPayload,
    "project": real.ProjectScopedPayload,
    "trust": real.TrustScopedPayload,
    "system": real.SystemScopedPayload,
    "application credential": real.ApplicationCredentialScopedPayload,
}


def main():
    import keystone.server

    folder = sys.argv.pop()  # what is left on the line is Keystone's
    keystone.server.configure()
    CONF.set_override("key_repository", folder, group="fernet_tokens")
    asked, formatter = json.load(sys.stdin), real.TokenFormatter()
    opened = [
        {name: value for name, value in zip(NAMES, formatter.validate_token(token), strict=False) if value}
        for token in asked["open"]
    ]
    sealed = [formatter.create_token(payload_class=CLASSES[fields.pop("kind")], **fields) for fields in asked["seal"]]
    json.dump({"opened": opened, "sealed": sealed}, sys.stdout)


main()
