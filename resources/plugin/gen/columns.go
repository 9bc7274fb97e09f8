package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/cq-source-clari/cq-source-clari/docs/queries"
)

// uniqueTogether are the columns that are unique together in the models that are no view of one table.
var uniqueTogether = map[string][]string{
	"clari_person_week":       {"forecast_key", "time_period_id", "time_frame_id", "user_id", "field_id"},
	"clari_person_week_today": {"forecast_key", "time_period_id", "time_frame_id", "user_id", "field_id"},
	"clari_completeness":      {"forecast_key", "job_id", "table_name", "time_frame_id"},
	"attainment":              {"forecast_key", "time_period_id", "user_id", "field_id"},
	"commit_to_closed":        {"forecast_key", "time_period_id", "user_id", "field_id"},
	"coverage":                {"forecast_key", "time_period_id", "user_id", "field_id"},
	"freshness":               {"forecast_key"},
	"salesforce_closed":       {"forecast_key", "time_period_id", "user_id", "field_id"},
	"roll_up":                 {"forecast_key", "time_period_id", "user_id", "field_id", "week_start_date"},
	"week_over_week":          {"forecast_key", "time_period_id", "user_id", "field_id", "week_start_date"},
}

var (
	inParentheses = regexp.MustCompile(`\([^()]*\)`)
	ofComment     = regexp.MustCompile(`--[^\n]*`)
	named         = regexp.MustCompile(`(\w+)$`)
)

// columnsOf are the names of the columns that a query returns: those after its first SELECT outside of parentheses.
func columnsOf(q queries.Query, all []queries.Query) (names []string) {
	text := ofComment.ReplaceAllString(q.Select, "")
	for inParentheses.MatchString(text) {
		text = inParentheses.ReplaceAllString(text, " ")
	}
	_, text, _ = strings.Cut(text, "SELECT")
	text, _, _ = strings.Cut(text, "FROM")
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if strings.HasSuffix(part, ".*") { // a thin view
			from := all[slices.IndexFunc(all, func(o queries.Query) bool { return slices.Contains(q.Uses, o.Name) })]
			names = append(names, columnsOf(from, all)...)
			continue
		}
		names = append(names, named.FindString(part))
	}
	return names
}

// meanings are what columns hold that no table has.
var meanings = map[string]string{
	"activities":            "Activities in that week.",
	"addresses":             "Addresses that the actor's requests came from.",
	"adjusted":              "The manager's override.",
	"api_calls":             "Requests of the actor to Clari's API on that day.",
	"attachments":           "Attachments of activities of the opportunity in that week.",
	"average_before":        "Mean use of the actor on the last seven days with use before.",
	"bias":                  "Mean error of the person in that field at as many weeks to the end, over all quarters. Above 0: the calls were too high.",
	"call_12_weeks_before":  "Effective amount of the week that ended 12 weeks before the period's end.",
	"call_1_week_before":    "Effective amount of the week that ended one week before the period's end.",
	"call_4_weeks_before":   "Effective amount of the week that ended 4 weeks before the period's end.",
	"call_8_weeks_before":   "Effective amount of the week that ended 8 weeks before the period's end.",
	"call_attainment":       "Call divided by quota.",
	"call_before":           "Mean call at as many weeks to the end, in the quarters before.",
	"call_field":            "Label of the call.",
	"calls":                 "How many calls were measured.",
	"change":                "Call less the one before.",
	"change_type":           "call, override or quota: that amount differs; came, went or moved: the person.",
	"changed_at":            "When it was changed, as far as Clari tells.",
	"changed_by":            "Who changed it, as far as Clari tells.",
	"closed":                "Newest crm_closed.",
	"closed_attainment":     "Closed divided by quota.",
	"closed_won":            "Sum of the opportunities in Salesforce that the person owns, has won and closed in the period.",
	"closed_before":         "Mean of what was closed at as many weeks to the end, in the quarters before.",
	"compared":              "A hash of what the row was made of: dbt compares anew when it differs.",
	"coverage":              "Open pipeline for each unit of quota that is still to close. Null where the quota is reached or unknown.",
	"crm_period":            "Id of the period in Salesforce.",
	"crm_role":              "Id of the role in Salesforce.",
	"crm_role_name":         "Name of the role in Salesforce.",
	"crm_score":             "Clari's score of the opportunity.",
	"crm_user":              "Id of the user in Salesforce.",
	"cure":                  "What brings the rows back: reload.",
	"current_manager":       "user_id of the manager in the newest export that has the person.",
	"current_manager_name":  "Name of that manager.",
	"data_from":             "When the newest data is from.",
	"day":                   "Day.",
	"days_left":             "Days until the quota is used up at this pace. Null where it never is.",
	"deals":                 "How many opportunities those are.",
	"difference":            "Override less call.",
	"direct_reports":        "People right below in that week.",
	"effective_before":      "Effective amount of the week before. Null where there is none.",
	"effective_value":       "What the manager sees: the override, where there is one, else the call.",
	"emails":                "E-mails of the person in that week.",
	"emails_received":       "E-mails received about the opportunity in that week.",
	"emails_sent":           "E-mails sent about the opportunity in that week.",
	"error":                 "Call less outcome; of an export: why it failed.",
	"export_day":            "Day.",
	"export_kind":           "forecast or activity.",
	"exported_before":       "When the export before ended.",
	"exports":               "Export jobs.",
	"exports_a_day":         "Mean of the last seven days with exports.",
	"gap":                   "Own call less the sum of the direct reports.",
	"in_latest_export":      "Whether the newest export has it: false for whoever has left.",
	"in_tree":               "Whether the newest whole export of that week has the person.",
	"is_active":             "Whether the Salesforce user is active.",
	"is_current_quarter":    "Whether today is in the quarter.",
	"is_current_week":       "Whether today is in the week, and in the quarter.",
	"is_failing":            "Whether the newest attempt failed.",
	"is_late":               "Whether it was submitted after the week's last day.",
	"is_latest_week":        "Whether it is the newest week of its quarter that has begun.",
	"is_outstanding":        "Whether it is of this week, not submitted, and the person is still there.",
	"is_over":               "Whether the period is over, and an export after its last day has landed: what is closed is final. Null where its end is not known.",
	"is_submitted":          "Whether the person submitted in that week. Null where the type forecast_updated was not exported.",
	"is_this_week":          "Whether today is in the week, and in the quarter.",
	"job_before":            "Job of the export before.",
	"joined":                "Part of the sum from people who were not below this manager the week before. Null where they are in several currencies.",
	"kind":                  "new, gone or moved: a direct report; own: what the manager changed beyond them.",
	"last_failure":          "When it failed last.",
	"last_success":          "When it landed last.",
	"last_week":             "Effective amount of the week before.",
	"left_since":            "Part of the sum from people who have left since. Null where they are in several currencies.",
	"manager_after":         "user_id of the manager in the later export.",
	"manager_as_of":         "user_id of the manager in the newest whole export of that week. Null where none is kept.",
	"manager_before":        "user_id of the manager in the earlier export.",
	"manager_bias":          "Mean error of the overrides by the same adjusted_by in that currency. Above 0: too high.",
	"manager_name":          "Name of the manager.",
	"manager_step":          "What the manager's effective amount moved by.",
	"mean_absolute_error":   "Mean distance of the calls from what closed, as a share of it.",
	"mean_error":            "Mean error of the calls as a share of what closed. Above 0: too high.",
	"measured_by":           "crm_closed, or own last call.",
	"meetings":              "Meetings in that week.",
	"membership":            "known: an export or a call tells that the person was there in that week; assumed: nothing tells.",
	"newest_call":           "Effective amount of the newest week that has one.",
	"newest_closed":         "crm_closed of the newest week that has one.",
	"not_called":            "Direct reports without an amount.",
	"open_pipeline":         "crm_total less crm_closed.",
	"opportunity":           "Name of the opportunity.",
	"outcome_value":         "What the period came to.",
	"override_was_nearer":   "Whether the override was nearer to the outcome than the call.",
	"overrides":             "What overrides add to the calls. Null where they are in several currencies.",
	"own_call":              "The manager's call.",
	"quarter_end_date":      "Last day of the quarter. Null where it is not known.",
	"quarter_start_date":    "First day of the quarter. Null where it is not known.",
	"quarters":              "How many quarters there are to compare.",
	"quota_field":           "Label of the field of quotas that goes with the call.",
	"relative_error":        "Error as a share of the outcome.",
	"role_after":            "Role in the later export.",
	"role_before":           "Role in the earlier export.",
	"rows_missing":          "Rows that the destination lost.",
	"rows_sent":             "Rows that the export sent.",
	"rows_there":            "Rows of the export that are there.",
	"run_rate":              "What the quarter comes to if it closes as those before did.",
	"sessions":              "Sessions of the actor on that day.",
	"share_before":          "Mean share of the final amount that was closed at as many weeks to the end.",
	"step":                  "Amount less the amount before.",
	"submitted":             "The person's call.",
	"submitted_at":          "When the amount was last submitted. Rows with labels do not tell.",
	"submitted_by":          "Who submitted it last. Rows with labels do not tell.",
	"sum_of_direct_reports": "Sum of the effective amounts of the direct reports. Null where they are in several currencies.",
	"table_name":            "Table that the rows are of.",
	"this_week":             "Effective amount of this week.",
	"to_go":                 "Quota less closed.",
	"tree_known":            "Whether a whole export of that week is kept.",
	"unpaired_quota":        "Whether no quota goes with this call.",
	"value_after":           "Amount in the later export. Null where there is none.",
	"value_before":          "Amount in the earlier export. Null where there is none.",
	"week":                  "First day of the week.",
	"weeks_back":            "How many weeks before the newest week of its quarter that has begun: 0 is the newest.",
	"weeks_missed":          "Weeks in a row without a submission, up to this one.",
	"with_customer":         "Activities with somebody from outside.",
}
