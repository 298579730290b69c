"""What answers about the company hold: who is asking, the team, roles, departments, places, labels."""

from service.core.recruitee.expected.shapes import Shape, each, keys, lean, one

META: Shape = keys(int="limit page total_count", object="counters")
VISIBILITY: Shape = keys(text="level!", ids="admin_ids role_ids")

ADMIN: Shape = keys(
    id="id!",
    text="email! first_name! last_name! initials photo_normal_url photo_thumb_url timezone",
    flag="has_avatar time_format24",
    instant="anonymized_at",
)
MEMBERSHIP: Shape = keys(
    id="id! admin_id! role_id!",
    text="role!",
    flag="role_admin! is_active! is_approver is_hiring_manager is_recruiter two_factor_auth_enabled "
    "show_academy_button",
    instant="created_at",
    ids="offer_ids! talent_pool_ids requisition_ids accessible_placement_ids",
)
_COMPANY: Shape = keys(
    id="id!",
    int="used_jobs used_talent_pools admins_count requisitions_count",
    text="name! subdomain! host host_protocol language status city street postal_code state_code "
    "country_code email phone number role chargebee_entity logo_thumb_url",
    flag="premium_sourcing external_billing sso_active has_sample_data sample_data_generating ts_enabled "
    "sympa_deal is_admin staffing_agency",
    instant="created_at signup_domain_verified_at trial_period_end",
    texts="abilities",
    list="auto_postings",
    object="subscription careers_site",
    any="billing_information ts_app_guid",
) | one(
    {
        "settings": keys(
            flag="requisitions_enabled eeo_enabled gdpr_enabled multilang_enabled awli_enabled "
            "referral_program_enabled new_company_enabled password_usage_enabled"
        )
    }
)
WHOAMI: Shape = (
    ADMIN
    | keys(
        id="company_id role_id",
        int="all_companies_count",
        text="role_name! phone preferred_language week_start_day ts_user_guid",
        flag="role_admin!",
        texts="role_abilities!",
    )
    | one({"membership": lean(MEMBERSHIP, "id role_id")})
    | each({"companies!": _COMPANY})
)

ROLE: Shape = keys(
    id="id!",
    int="position admins_count",
    text="name! description",
    flag="admin! default",
    texts="abilities!",
    instant="created_at! updated_at!",
)
DEPARTMENT: Shape = keys(
    id="id!",
    int="offers_count talent_pools_count",
    text="name! status",
    object="grouped_translations",
)
LOCATION: Shape = keys(
    id="id!",
    text="name! city! street! postal_code! state_code state_name! country_code! full_address lang_code note",
    flag="is_valid",
    instant="created_at! updated_at! archived_at!",
)
LOCATION_IN_FULL: Shape = LOCATION | keys(
    int="active_offers_count active_requisitions_count", flag="is_deletable", list="translations"
)
LABEL: Shape = keys(id="id!", int="taggings_count", text="name! status context searchable_name")
OFFER_LABEL: Shape = LABEL | keys(int="offer_taggings_count offer_template_taggings_count")
REASON: Shape = keys(
    id="id!",
    int="position open_questions_count",
    text="name!",
    ids="automation_ids",
    list="action_templates",
)
TALENT_POOL: Shape = keys(
    id="id! department_id",
    int="position candidates_count notes_count attachments_count",
    text="title! status! slug guid adminapp_url mailbox_email description description_html",
    flag="followed example",
    instant="created_at updated_at",
    ids="follower_ids admin_ids",
    list="followers admins",
    any="description_json",
)
