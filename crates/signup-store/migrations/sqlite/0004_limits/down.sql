DROP TABLE limit_hits;
