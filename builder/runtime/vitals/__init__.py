"""How the installation is doing, for those who run it: health checks, facts of the System page, metrics, spans."""
