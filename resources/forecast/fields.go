package forecast

import "github.com/cq-source-clari/cq-source-clari/resources/table"

// FieldsTable has the fields.
var FieldsTable = table.Def[shared, Field]{
	Name:        "clari_forecast_fields",
	Title:       "Clari Forecast Fields",
	Description: "One row per field of a forecast tab. A field is a column of the tab's grid.",
	Shared:      sharedColumns(true),
	Columns: []table.Column[Field]{
		table.String("field_id", "Field of the tab. The same id may occur in other tabs.",
			func(f *Field) *string { return &f.FieldID }).Key(),
		table.NullString("name", "Label of the field.", fieldName),
		table.NullString("type", "Kind of the field, as Clari names it. In flat results it is quota for a field that has quotas and no forecasts, else null.", fieldType),
		extraColumn(func(f *Field) *[]byte { return &f.Extra }),
	},
}

func fieldName(f *Field) *table.Opt[string] { return &f.Name }
func fieldType(f *Field) *table.Opt[string] { return &f.Type }
