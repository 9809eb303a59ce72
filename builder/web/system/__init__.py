"""What those see who run the installation: health, metrics and the System page."""
