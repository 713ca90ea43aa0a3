// What vitest's JSON report says of a run: how many tests passed, and which did not.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { JsonTestResult, JsonTestResults } from 'vitest/node';

export interface TestReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** A paragraph for each failure: the test's file and name, and how its message begins. */
  readonly failures: readonly string[];
}

interface Failure {
  readonly file: string;
  readonly name: string;
  readonly message: string;
}

const messageLines = 12;

/** Vitest writes no report where it ended before any test. */
export function readReport(path: string): TestReport {
  try {
    const report: JsonTestResults = JSON.parse(readFileSync(path, 'utf8'));
    return {
      passed: report.numPassedTests,
      failed: report.numFailedTests,
      skipped: report.numPendingTests,
      failures: report.testResults.flatMap(failuresOf).map(format),
    };
  } catch {
    return { passed: 0, failed: 0, skipped: 0, failures: [] };
  }
}

/** A file that could not be loaded, or whose hooks failed, has a message of its own. */
function failuresOf({ name: file, message, status, assertionResults }: JsonTestResult): Failure[] {
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (status === 'failed' && failed.length === 0) return [{ file, name: '(the file itself)', message }];
  return failed.map((test) => ({
    file,
    name: test.fullName,
    message: (test.failureMessages ?? []).join('\n'),
  }));
}

function format({ file, name, message }: Failure): string {
  const lines = stripVTControlCharacters(message)
    .trimEnd()
    .split('\n')
    .filter((line) => !/^\s*at .*node_modules/.test(line));
  return `FAILED ${relative('.', file)} > ${name}\n${lines
    .slice(0, messageLines)
    .map((line) => `  ${line}`)
    .join('\n')}`;
}
