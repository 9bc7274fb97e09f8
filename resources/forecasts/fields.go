package forecasts

import "github.com/cq-source-clari/cq-source-clari/resources/table"

var fieldsTable = table.Def[shared, Field]{
	Name:        "clari_forecast_fields",
	Title:       "Clari Forecast Fields",
	Description: "The fields of a forecast tab: the columns of its grid.",
	Shared:      sharedColumns(true),
	Columns:     fieldColumns,
}

var fieldColumns = []table.Column[Field]{
	table.String("field_id", "Field of the tab. The same id may occur in other tabs.",
		func(f *Field) *string { return &f.FieldID }).Key(),
	table.NullString("name", "Label of the field.",
		func(f *Field) *table.Opt[string] { return &f.Name }),
	table.NullString("type", "Kind of the field, as Clari names it.",
		func(f *Field) *table.Opt[string] { return &f.Type }),
	extraColumn(func(f *Field) *[]byte { return &f.Extra }),
}
