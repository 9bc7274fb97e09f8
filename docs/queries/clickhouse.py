"""Writes the views and queries of this folder as ClickHouse takes them: each column of a join gets its name, and no star is left.

    clickhouse-client -q "SELECT table, name FROM system.columns WHERE database = currentDatabase() ORDER BY table, position FORMAT TSV" > columns.tsv
    python3 clickhouse.py columns.tsv out # with sqlglot: out/views.sql, to run first, and a file for each query
"""
import pathlib, re, sys
from sqlglot import exp, parse_one
from sqlglot.optimizer.qualify import qualify

out, tables, views = pathlib.Path(sys.argv[2]), {}, []
for line in pathlib.Path(sys.argv[1]).read_text().splitlines():
    table, column = line.split("\t")
    tables.setdefault(table, {})[column] = "unknown"
waiting = {file.stem: re.sub(r"\A(-- .*\n)+", "", file.read_text()) for file in sorted(pathlib.Path(__file__).parent.glob("*.sql"))}
for name in waiting: # what a view has follows from its text
    tables.pop(name, None)
out.mkdir(exist_ok=True)
while True:
    before = len(waiting)
    for name, text in list(waiting.items()):
        if "clari_activities" not in tables: # as the comment of the query says
            text = re.sub(r" *-- activities\n.*?-- end of activities\n", "", text, flags=re.S)
        head, _, select = text.partition(" AS\n") if text.startswith("CREATE") else ("", "", text)
        query = parse_one(select, read="postgres")
        if {t.name for t in query.find_all(exp.Table)} - {c.alias for c in query.find_all(exp.CTE)} - tables.keys():
            continue # something that it reads is still to come
        query = qualify(query, schema=tables, dialect="postgres", quote_identifiers=False)
        text = query.sql(dialect="clickhouse", pretty=True) + ";\n"
        if head:
            tables[name] = {column: "unknown" for column in query.named_selects}
            views.append(head.replace("CREATE VIEW", "CREATE OR REPLACE VIEW") + (" ENGINE = MergeTree ORDER BY tuple()" if "TABLE" in head else "") + " AS\n" + text)
        else:
            (out / (name + ".sql")).write_text(text)
        del waiting[name]
    if len(waiting) == before:
        break
(out / "views.sql").write_text("\n".join(views))
for name in waiting:
    print("left out, since a table is not there:", name)
