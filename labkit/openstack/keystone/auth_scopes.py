"""/v3/auth/{projects,domains,system,catalog}: where could I go with this token, and what is there?"""

from labkit.openstack.errors import Forbidden
from labkit.openstack.keystone import assignments, render
from labkit.openstack.keystone.collection import collection
from labkit.openstack.keystone.web import route


@route("GET", "/v3/OS-FEDERATION/projects", rule="identity:get_auth_projects")
@route("GET", "/v3/auth/projects", rule="identity:get_auth_projects")
def list_projects(ks, request):
    """GET /v3/auth/projects: the projects that this user may have a token for."""
    return collection(request, "projects", assignments.projects_of(ks.db, request.auth.user_id))


@route("GET", "/v3/OS-FEDERATION/domains", rule="identity:get_auth_domains")
@route("GET", "/v3/auth/domains", rule="identity:get_auth_domains")
def list_domains(ks, request):
    """GET /v3/auth/domains: the domains that this user may have a token for."""
    return collection(request, "domains", assignments.domains_of(ks.db, request.auth.user_id))


@route("GET", "/v3/auth/system", rule="identity:get_auth_system")
def list_system(ks, request):
    """GET /v3/auth/system: may this user have a token for the system?"""
    there = assignments.has_system(ks.db, request.auth.user_id)
    return {"system": [{"all": True}] if there else [], "links": {"self": request.link("auth/system")}}


@route("GET", "/v3/auth/catalog", rule="identity:get_auth_catalog")
def show_catalog(ks, request):
    """GET /v3/auth/catalog, for a project-scoped token only."""
    if not request.auth.project_id:
        raise Forbidden()
    return {"catalog": render.service_catalog(ks, request.auth), "links": {"self": request.link("auth/catalog")}}
