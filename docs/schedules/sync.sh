#!/bin/sh
# A sync for cron, with mail if it fails or if the alert query finds something. The line of the crontab, every day at 6:30:
#
#   30 6 * * *  cd /srv/clari && flock -n -E 0 sync.lock ./sync.sh
#
# While the last sync still runs, flock starts none, and that is no failure (-E 0).
set -eua        # -a: cloudquery sees what secrets.env sets
. ./secrets.env # CLARI_API_KEY=..., what the destination needs, and ALERTS_CONNECTION: the database's address without search_path, which psql does not take
mkdir -p logs
log=logs/$(date +%Y-%m-%dT%H%M%S).log # one a run
cloudquery sync clari.yml --log-console > "$log" 2>&1 || mail -s "Clari sync failed" data@example.com < "$log"
PGOPTIONS="-c search_path=clari" psql "$ALERTS_CONNECTION" -At -f alerts.sql > alerts.txt
test ! -s alerts.txt || mail -s "Clari data needs a look" data@example.com < alerts.txt
find logs -name '*.log' -mtime +30 -delete
