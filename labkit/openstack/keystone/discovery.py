"""Version discovery: what a client asks before it knows anything, and without a token."""

from labkit.openstack.keystone import json_home
from labkit.openstack.keystone.web import Response, as_json, route

JSON, JSON_HOME = "application/json", "application/json-home"


def version(request):
    """Identity API v3.14, the last one there was."""
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": request.link("")}],
        "media-types": [{"base": JSON, "type": "application/vnd.openstack.identity-v3+json"}],
    }


def wants_json_home(request):
    """Does the client prefer the list of all resources?"""
    from werkzeug.datastructures import MIMEAccept
    from werkzeug.http import parse_accept_header
    accepted = parse_accept_header(request.header("Accept", ""), MIMEAccept)
    return bool(accepted) and accepted.best_match([JSON, JSON_HOME]) == JSON_HOME


def home(prefix):
    answer = as_json(json_home.document(prefix))
    answer.headers = [("Content-Type", JSON_HOME)]
    return answer


@route("GET", "/")
def list_versions(ks, request):
    """300 Multiple Choices, though there is one choice only, and Location says which."""
    if wants_json_home(request):
        return home("/v3")
    return as_json({"versions": {"values": [version(request)]}}, 300, [("Location", request.link(""))])


@route("GET", "/v3")
def show_version(ks, request):
    """GET /v3."""
    return home("") if wants_json_home(request) else {"version": version(request)}


@route("GET", "/healthcheck")
def healthcheck(ks, request):
    """For a load balancer: an empty 200 as long as the process lives."""
    if request.method == "HEAD":
        return Response(204, varies=False)
    return Response(200, [("Content-Type", "text/plain; charset=UTF-8")], varies=False)
