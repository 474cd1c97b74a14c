/** Gatehouse's own version; a test keeps it equal to package.json. */
export const productVersion = '0.1.0'
