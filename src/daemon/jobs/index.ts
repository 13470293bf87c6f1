// What runs by the clock. Knows the rooms whose rows grow old.
export { prune, startTimetable, touchUsedKeys } from './timetable.ts';
