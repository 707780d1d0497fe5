USER root
RUN echo "appended by root in ${REPO_DIR}" > /etc/appendix.txt
USER ${NB_USER}
