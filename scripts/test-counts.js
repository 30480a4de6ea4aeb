/** Counts what vitest's JSON report says. */

/**
 * `report` is null when vitest wrote none. A file that could not be loaded has no tests in the report and counts as one
 * failure, and so does a run that vitest calls failed without naming a test (an error outside of all tests).
 */
export function countTests(report, isGreen) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of report?.testResults ?? []) {
    const before = counts.failed;
    for (const { status } of file.assertionResults) {
      if (status === "passed") counts.passed += 1;
      else if (status === "failed") counts.failed += 1;
      else counts.skipped += 1;
    }
    if (file.status === "failed" && counts.failed === before) counts.failed += 1;
  }
  if (!isGreen && counts.failed === 0) counts.failed = 1;
  return counts;
}
