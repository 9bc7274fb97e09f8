// Package activity is the tables of activities (meetings, e-mails, attachments), of what each is about and of who took part, and of their
// exports: which days an export covers, how its result is read and checked, and the rows that it becomes.
package activity

import (
	"github.com/cloudquery/plugin-sdk/v4/schema"

	"github.com/cq-source-clari/cq-source-clari/resources/table"
)

// Names of the tables.
const (
	ActivitiesTable    = "clari_activities"
	AccountsTable      = "clari_activity_accounts"
	OpportunitiesTable = "clari_activity_opportunities"
	ParticipantsTable  = "clari_activity_participants"
	ExportsTable       = "clari_activity_exports"
)

// ResultTables hold what is in the results of exports.
var ResultTables = []string{ActivitiesTable, AccountsTable, OpportunitiesTable, ParticipantsTable}

// Schemas are the tables.
func Schemas(o table.Options) schema.Tables {
	return schema.Tables{
		table.Tree(activitiesTable.Schema(o), accountsTable.Schema(o), opportunitiesTable.Schema(o), participantsTable.Schema(o)),
		exportsTable.Schema(o),
	}
}

// Origin is what all rows of an export share.
type Origin struct {
	JobID      string
	ExportedAt table.Opt[int64] // microseconds since 1970
}

const noColumn = " that this table has no column for, as a JSON object. Null if there are none."

var originColumns = []table.Column[Origin]{
	table.String("job_id", "The export job that the row is from.", func(o *Origin) *string { return &o.JobID }),
	table.Timestamp("exported_at", "When the export ended.", func(o *Origin) *table.Opt[int64] { return &o.ExportedAt }),
}

type activityRow struct {
	id                                      string
	activityType, subject, owner, organizer table.Opt[string]
	at                                      table.Opt[int64]
	extra                                   []byte
}

var activitiesTable = table.Def[Origin, activityRow]{
	Name:        ActivitiesTable,
	Title:       "Clari Activities",
	Description: "One row per meeting, e-mail or attachment. If several exports have it, the row is from the last one.",
	Shared:      originColumns,
	Columns: []table.Column[activityRow]{
		table.String("activity_id", "The activity.", func(r *activityRow) *string { return &r.id }).Key(),
		table.NullString("activity_type", "MEETING, EMAIL_SENT, EMAIL_RECEIVED, ATTACHMENT_SENT or ATTACHMENT_RECEIVED.",
			func(r *activityRow) *table.Opt[string] { return &r.activityType }),
		table.NullString("subject", "Subject. Personal data.", func(r *activityRow) *table.Opt[string] { return &r.subject }),
		table.Timestamp("occurred_at", "When it took place.", func(r *activityRow) *table.Opt[int64] { return &r.at }),
		table.NullString("owner_crm_user_id", "CRM user who owns it.", func(r *activityRow) *table.Opt[string] { return &r.owner }),
		table.NullString("organizer_crm_user_id", "CRM user who organised it.", func(r *activityRow) *table.Opt[string] { return &r.organizer }),
		table.JSON("extra", "Keys of the activity"+noColumn+" Accounts and opportunities without an id are here.",
			func(r *activityRow) *[]byte { return &r.extra }),
	},
}

type accountRow struct {
	activityID, id string
	name, owner    table.Opt[string]
	extra          []byte
}

var accountsTable = table.Def[struct{}, accountRow]{
	Name:        AccountsTable,
	Title:       "Clari Activity Accounts",
	Description: "One row per activity and account that it is about.",
	Parent:      ActivitiesTable,
	Columns: []table.Column[accountRow]{
		table.String("activity_id", "The activity.", func(r *accountRow) *string { return &r.activityID }).Key(),
		table.String("account_id", "The account, by its CRM id.", func(r *accountRow) *string { return &r.id }).Key(),
		table.NullString("account_name", "Name of the account.", func(r *accountRow) *table.Opt[string] { return &r.name }),
		table.NullString("owner_crm_user_id", "CRM user who owns the account.", func(r *accountRow) *table.Opt[string] { return &r.owner }),
		table.JSON("extra", "Keys of the account"+noColumn, func(r *accountRow) *[]byte { return &r.extra }),
	},
}

type opportunityRow struct {
	activityID, id string
	name, owner    table.Opt[string]
	extra          []byte
}

var opportunitiesTable = table.Def[struct{}, opportunityRow]{
	Name:        OpportunitiesTable,
	Title:       "Clari Activity Opportunities",
	Description: "One row per activity and opportunity that it is about.",
	Parent:      ActivitiesTable,
	Columns: []table.Column[opportunityRow]{
		table.String("activity_id", "The activity.", func(r *opportunityRow) *string { return &r.activityID }).Key(),
		table.String("opportunity_id", "The opportunity, by its CRM id.", func(r *opportunityRow) *string { return &r.id }).Key(),
		table.NullString("opportunity_name", "Name of the opportunity.", func(r *opportunityRow) *table.Opt[string] { return &r.name }),
		table.NullString("owner_crm_user_id", "CRM user who owns the opportunity.", func(r *opportunityRow) *table.Opt[string] { return &r.owner }),
		table.JSON("extra", "Keys of the opportunity"+noColumn, func(r *opportunityRow) *[]byte { return &r.extra }),
	},
}

type participantRow struct {
	activityID, id         string
	name, email, crmUserID table.Opt[string]
	internal               table.Opt[bool]
	extra                  []byte
}

var participantsTable = table.Def[struct{}, participantRow]{
	Name:        ParticipantsTable,
	Title:       "Clari Activity Participants",
	Description: "One row per activity and person who took part.",
	Parent:      ActivitiesTable,
	Columns: []table.Column[participantRow]{
		table.String("activity_id", "The activity.", func(r *participantRow) *string { return &r.activityID }).Key(),
		table.String("participant_id", "E-mail address in lower case, else CRM user id, else name. Personal data.",
			func(r *participantRow) *string { return &r.id }).Key(),
		table.NullString("name", "Name. Personal data.", func(r *participantRow) *table.Opt[string] { return &r.name }),
		table.NullString("email", "E-mail address. Personal data.", func(r *participantRow) *table.Opt[string] { return &r.email }),
		table.NullString("crm_user_id", "Id of the person in the CRM.", func(r *participantRow) *table.Opt[string] { return &r.crmUserID }),
		table.Bool("is_internal", "Whether the person belongs to the organisation.", func(r *participantRow) *table.Opt[bool] { return &r.internal }),
		table.JSON("extra", "Keys of the participant"+noColumn, func(r *participantRow) *[]byte { return &r.extra }),
	},
}
