-- Which exports failed or were left out, and why?
-- The newest come first. What failed once and succeeded later is listed too: freshness tells what fails now.
SELECT requested_at, forecast_key, requested_period, outcome, status, job_id, attempts, polls, error
FROM clari_forecast_exports
WHERE outcome IN ('failed', 'left_out')
ORDER BY requested_at DESC, forecast_key;
