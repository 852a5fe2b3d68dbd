export { diagnose, type DoctorRow } from './diagnose.js';
