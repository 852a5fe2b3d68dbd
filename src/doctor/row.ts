/** One thing that was looked at. */
export interface DoctorRow {
  topic: string;
  /** `missing` is a lack that something else makes up for, or that stops some uses; `warn` is one to know of. */
  status: 'ok' | 'warn' | 'missing';
  detail: string;
  /** What to do about it. */
  remedy?: string;
}
