/** What `undici` itself exports as Pool, without the rest of it. */
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici'
  export default Pool
}
