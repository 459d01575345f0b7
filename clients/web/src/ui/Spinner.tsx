import styles from './Spinner.module.css';

/** What is being waited for is said in words beside it. */
export const Spinner = () => <span className={styles.spinner} aria-hidden="true" />;
