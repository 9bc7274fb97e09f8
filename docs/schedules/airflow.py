from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG(
    "clari",
    schedule="30 6 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,  # never two at once
):
    sync = BashOperator(
        task_id="sync",
        bash_command="cloudquery sync /srv/clari/clari.yml --log-console",
        append_env=True,  # secrets come from the worker's environment
        retries=2,  # with a state backend a retry pays only for what is missing,
        retry_delay=timedelta(minutes=10),  # as long as it starts within resume_within, 45 minutes unless the spec says otherwise
        execution_timeout=timedelta(hours=6),
    )
    alert = BashOperator(
        task_id="alert",  # fails if the alert query has a row
        bash_command='test -z "$(psql "$ALERTS_CONNECTION" -At -f /srv/clari/alerts.sql)"',
        env={"PGOPTIONS": "-c search_path=clari"},  # psql does not take search_path in the address
        append_env=True,
        trigger_rule="all_done",  # also after a sync that failed
    )
    sync >> alert
