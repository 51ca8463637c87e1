-- Events are pruned in the order of seq, so nothing asks for them by time any more.
DROP INDEX event_by_time;
